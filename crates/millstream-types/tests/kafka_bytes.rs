//! Built-in types compared with the bytes of Kafka 4.3.1's Java serializers for the same values.

#![allow(clippy::unwrap_used)]

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use millstream_types::serde::{Value, ValueFormat};
use millstream_types::{Data, Serde, Timestamp, Window, Windowed, session_windowed_serde, windowed_serde};

/// Asserts that each value has these bytes, and that the bytes are read as this value.
fn check<T: Data + PartialEq + Debug>(cases: &[(T, &[u8])]) {
    check_serde(&Serde::of_type(), cases);
}

fn check_serde<T: PartialEq + Debug + 'static>(serde: &Serde<T>, cases: &[(T, &[u8])]) {
    for (value, expected) in cases {
        let mut bytes = Vec::new();
        serde.encode("topic", value, &mut bytes).unwrap();
        assert_eq!(bytes, *expected, "{value:?}");
        assert_eq!(serde.decode("topic", expected).unwrap(), *value);
    }
}

#[test]
fn long() {
    check::<i64>(&[
        (0, b"\0\0\0\0\0\0\0\0"),
        (1, b"\0\0\0\0\0\0\0\x01"),
        (-1, b"\xff\xff\xff\xff\xff\xff\xff\xff"),
        (-2, b"\xff\xff\xff\xff\xff\xff\xff\xfe"),
        (256, b"\0\0\0\0\0\0\x01\0"),
        (1_234_567_890_123, b"\0\0\x01\x1f\x71\xfb\x04\xcb"),
        (i64::MAX, b"\x7f\xff\xff\xff\xff\xff\xff\xff"),
        (i64::MIN, b"\x80\0\0\0\0\0\0\0"),
    ]);
}

#[test]
fn integer() {
    check::<i32>(&[
        (0, b"\0\0\0\0"),
        (-1, b"\xff\xff\xff\xff"),
        (258, b"\0\0\x01\x02"),
        (i32::MAX, b"\x7f\xff\xff\xff"),
        (i32::MIN, b"\x80\0\0\0"),
    ]);
}

#[test]
fn short() {
    check::<i16>(&[
        (0, b"\0\0"),
        (-1, b"\xff\xff"),
        (258, b"\x01\x02"),
        (i16::MAX, b"\x7f\xff"),
        (i16::MIN, b"\x80\0"),
    ]);
}

#[test]
fn float() {
    check::<f32>(&[
        (0.0, b"\0\0\0\0"),
        (-0.0, b"\x80\0\0\0"),
        (1.0, b"\x3f\x80\0\0"),
        (-1.5, b"\xbf\xc0\0\0"),
        (0.1, b"\x3d\xcc\xcc\xcd"),
        (f32::from_bits(1), b"\0\0\0\x01"),
        (f32::MAX, b"\x7f\x7f\xff\xff"),
        (f32::INFINITY, b"\x7f\x80\0\0"),
    ]);
}

#[test]
fn double() {
    check::<f64>(&[
        (0.0, b"\0\0\0\0\0\0\0\0"),
        (-0.0, b"\x80\0\0\0\0\0\0\0"),
        (1.0, b"\x3f\xf0\0\0\0\0\0\0"),
        (-1.5, b"\xbf\xf8\0\0\0\0\0\0"),
        (0.1, b"\x3f\xb9\x99\x99\x99\x99\x99\x9a"),
        (f64::from_bits(1), b"\0\0\0\0\0\0\0\x01"),
        (f64::MAX, b"\x7f\xef\xff\xff\xff\xff\xff\xff"),
        (f64::NEG_INFINITY, b"\xff\xf0\0\0\0\0\0\0"),
    ]);
}

/// Java's `DoubleSerializer` folds every NaN into one; its `FloatSerializer`, and both types here, keep the bits.
#[test]
fn not_a_number() {
    let bits_of = |bytes: &[u8]| f32::decode(bytes).unwrap().to_bits();
    assert_eq!(bits_of(b"\x7f\xc0\0\0"), 0x7fc0_0000);
    assert_eq!(bits_of(b"\x7f\xc0\0\x01"), 0x7fc0_0001);

    let mut bytes = Vec::new();
    f64::from_bits(0x7ff8_0000_0000_0000).encode(&mut bytes).unwrap();
    assert_eq!(bytes, b"\x7f\xf8\0\0\0\0\0\0");
    f64::from_bits(0x7ff8_0000_0000_0001).encode(&mut bytes).unwrap();
    assert_eq!(bytes[8..], *b"\x7f\xf8\0\0\0\0\0\x01");
}

#[test]
fn string() {
    let cases: [(&str, &[u8]); 6] = [
        ("", b""),
        ("a", b"a"),
        ("Grüße", b"Gr\xc3\xbc\xc3\x9fe"),
        ("水", b"\xe6\xb0\xb4"),
        ("😀", b"\xf0\x9f\x98\x80"),
        ("a\0b", b"a\0b"),
    ];
    check(&cases.map(|(text, bytes)| (text.to_owned(), bytes)));
    check(&cases.map(|(text, bytes)| (Arc::<str>::from(text), bytes)));
}

#[test]
fn boolean() {
    check(&[(true, b"\x01"), (false, b"\0")]);
    assert!(bool::decode(b"\x02").is_err(), "Java's BooleanDeserializer throws");
}

#[test]
fn byte_arrays() {
    let bytes: &[u8] = b"\0\xff\x07";
    check::<Vec<u8>>(&[(bytes.to_vec(), bytes)]);
    check::<Box<[u8]>>(&[(bytes.into(), bytes)]);
    check::<Arc<[u8]>>(&[(bytes.into(), bytes)]);
}

fn windowed<K>(key: K, start: i64, end: i64) -> Windowed<K> {
    let (start, end) = (Timestamp::from_millis(start), Timestamp::from_millis(end));
    Windowed { key, window: Window { start, end } }
}

#[test]
fn time_windowed() {
    let ten_seconds = Duration::from_secs(10);
    let cases: [(Windowed<String>, &[u8]); 4] = [
        (windowed("anna".to_owned(), 10_000, 20_000), b"anna\0\0\0\0\0\0\x27\x10"),
        (windowed(String::new(), 0, 10_000), b"\0\0\0\0\0\0\0\0"),
        (windowed("ä".to_owned(), 1_700_000_000_000, 1_700_000_010_000), b"\xc3\xa4\0\0\x01\x8b\xcf\xe5\x68\0"),
        (windowed("k".to_owned(), i64::MAX - 5, i64::MAX), b"k\x7f\xff\xff\xff\xff\xff\xff\xfa"),
    ];
    check_serde(&windowed_serde(Serde::of_type(), ten_seconds), &cases);
    for (key, expected) in cases {
        let mut bytes = Vec::new();
        key.encode(&mut bytes).unwrap();
        assert_eq!(bytes, expected, "the type's own serde writes {key} alike");
    }

    let long: (Windowed<i64>, &[u8]) = (windowed(7, 10_000, 20_000), b"\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\x27\x10");
    check_serde(&windowed_serde(Serde::of_type(), ten_seconds), &[long]);
}

#[test]
fn session_windowed() {
    let cases: [(Windowed<String>, &[u8]); 3] = [
        (windowed("anna".to_owned(), 5, 10_000), b"anna\0\0\0\0\0\0\x27\x10\0\0\0\0\0\0\0\x05"),
        (windowed(String::new(), 0, 0), &[0; 16]),
        (windowed("k".to_owned(), 0, i64::MAX), b"k\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\0"),
    ];
    check_serde(&session_windowed_serde(Serde::of_type()), &cases);
}

#[test]
fn values_at_a_topic_of_plain_types() {
    check_serde(&ValueFormat::Text.serde(), &[(Value::from("ü"), b"\xc3\xbc")]);
    check_serde(&ValueFormat::Long.serde(), &[(Value::Int(-2), b"\xff\xff\xff\xff\xff\xff\xff\xfe")]);
    check_serde(&ValueFormat::Double.serde(), &[(Value::Float(-1.5), b"\xbf\xf8\0\0\0\0\0\0")]);
    check_serde(&ValueFormat::Bytes.serde(), &[(Value::from(vec![0_u8, 255, 7]), b"\0\xff\x07")]);
}
