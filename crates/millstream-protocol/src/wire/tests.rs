//! Tests of the primitive types.

use std::fmt::Debug;

use super::{Lengths, Reader, TaggedFields, Uuid, Writer};
use crate::error::{DecodeError, EncodeError};

const FIELD: &str = "Test.field";

/// Whether writing gives these bytes, and reading them the value again, but reading fewer bytes an error.
fn check<T: PartialEq + Debug>(
    value: T,
    expected: &[u8],
    write: impl Fn(&mut Writer, &T) -> Result<(), EncodeError>,
    read: impl Fn(&mut Reader<'_>) -> Result<T, DecodeError>,
) {
    let mut out = Writer::new();
    write(&mut out, &value).unwrap();
    assert_eq!(out.into_bytes(), expected, "{value:?}");
    let mut input = Reader::new(expected);
    assert_eq!(read(&mut input).as_ref(), Ok(&value));
    assert!(input.rest().is_empty(), "{value:?}");
    for length in 0..expected.len() {
        let error = read(&mut Reader::new(&expected[..length])).unwrap_err();
        let is_short = matches!(error, DecodeError::Truncated { .. } | DecodeError::Count { .. });
        assert!(is_short, "{error} after {length} bytes of {value:?}");
    }
}

macro_rules! check_numbers {
    ($($method:ident: $($value:expr => $expected:expr),*;)*) => {
        $($(
            check($value, &$expected, |out, value| { out.$method(*value); Ok(()) }, |input| input.$method(FIELD));
        )*)*
    };
}

#[test]
fn numbers_are_big_endian() {
    check_numbers! {
        bool: false => [0], true => [1];
        int8: 0 => [0], -1 => [0xff], i8::MIN => [0x80], i8::MAX => [0x7f];
        int16: 1 => [0, 1], -2 => [0xff, 0xfe], i16::MIN => [0x80, 0], i16::MAX => [0x7f, 0xff];
        uint16: 258 => [1, 2], u16::MAX => [0xff, 0xff];
        int32: 1 => [0, 0, 0, 1], i32::MIN => [0x80, 0, 0, 0], i32::MAX => [0x7f, 0xff, 0xff, 0xff];
        int64: 1 => [0, 0, 0, 0, 0, 0, 0, 1], i64::MIN => [0x80, 0, 0, 0, 0, 0, 0, 0];
        float64: 1.5 => [0x3f, 0xf8, 0, 0, 0, 0, 0, 0], f64::NEG_INFINITY => [0xff, 0xf0, 0, 0, 0, 0, 0, 0];
        uuid: Uuid([7; 16]) => [7; 16], Uuid::ZERO => [0; 16];
        uvarint: 0 => [0], 1 => [1], 127 => [0x7f], 128 => [0x80, 1], 300 => [0xac, 2], 16_383 => [0xff, 0x7f],
            16_384 => [0x80, 0x80, 1], (1 << 28) - 1 => [0xff, 0xff, 0xff, 0x7f], 1 << 28 => [0x80, 0x80, 0x80, 0x80, 1],
            u32::MAX => [0xff, 0xff, 0xff, 0xff, 0x0f];
    }
}

#[test]
fn integers_of_variable_length_have_five_bytes_at_most() {
    let cases: &[(&[u8], Option<u32>)] = &[
        (&[0x80, 0], Some(0)),
        (&[0xff, 0x80, 0x80, 0x80, 0], Some(127)),
        (&[0xff, 0xff, 0xff, 0xff, 0x10], None),
        (&[0xff, 0xff, 0xff, 0xff, 0x7f], None),
        (&[0x80, 0x80, 0x80, 0x80, 0x80, 0], None),
        (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff], None),
    ];
    for (bytes, expected) in cases {
        let read = Reader::new(bytes).uvarint(FIELD);
        assert_eq!(read, expected.ok_or(DecodeError::Varint { field: FIELD, offset: 0 }), "{bytes:?}");
    }
    assert_eq!(Reader::new(&[2]).bool(FIELD), Ok(true));
}

#[test]
fn strings_and_bytes_have_their_length_before_them() {
    use Lengths::{Compact, Fixed};
    let strings: &[(Lengths, Option<&str>, &[u8])] = &[
        (Fixed, None, &[0xff, 0xff]),
        (Fixed, Some(""), &[0, 0]),
        (Fixed, Some("aß"), &[0, 3, b'a', 0xc3, 0x9f]),
        (Compact, None, &[0]),
        (Compact, Some(""), &[1]),
        (Compact, Some("aß"), &[4, b'a', 0xc3, 0x9f]),
    ];
    for (lengths, text, expected) in strings {
        let write = |out: &mut Writer, text: &Option<String>| out.nullable_string(*lengths, text.as_deref(), FIELD);
        check(text.map(str::to_owned), expected, write, |input| input.nullable_string(*lengths, FIELD));
    }
    let bytes: &[(Lengths, Option<&[u8]>, &[u8])] = &[
        (Fixed, None, &[0xff, 0xff, 0xff, 0xff]),
        (Fixed, Some(&[]), &[0, 0, 0, 0]),
        (Fixed, Some(&[9, 8]), &[0, 0, 0, 2, 9, 8]),
        (Compact, None, &[0]),
        (Compact, Some(&[]), &[1]),
        (Compact, Some(&[9, 8]), &[3, 9, 8]),
    ];
    for (lengths, value, expected) in bytes {
        let write = |out: &mut Writer, value: &Option<Vec<u8>>| out.nullable_bytes(*lengths, value.as_deref(), FIELD);
        check(value.map(<[u8]>::to_vec), expected, write, |input| input.nullable_bytes(*lengths, FIELD));
    }
}

#[test]
fn arrays_have_their_count_before_them() {
    use Lengths::{Compact, Fixed};
    let arrays: &[(Lengths, Option<&[i16]>, &[u8])] = &[
        (Fixed, None, &[0xff, 0xff, 0xff, 0xff]),
        (Fixed, Some(&[]), &[0, 0, 0, 0]),
        (Fixed, Some(&[1, 2]), &[0, 0, 0, 2, 0, 1, 0, 2]),
        (Compact, None, &[0]),
        (Compact, Some(&[]), &[1]),
        (Compact, Some(&[1, 2]), &[3, 0, 1, 0, 2]),
    ];
    for (lengths, value, expected) in arrays {
        let write = |out: &mut Writer, value: &Option<Vec<i16>>| {
            out.nullable_array(*lengths, value.as_deref(), FIELD, |out, each| {
                out.int16(*each);
                Ok(())
            })
        };
        check(value.map(<[i16]>::to_vec), expected, write, |input| {
            input.nullable_array(*lengths, FIELD, 2, |input| input.int16(FIELD))
        });
    }
}

#[test]
fn structures_may_be_null() {
    for (value, expected) in [(None, &[0xff][..]), (Some(3), &[1, 3])] {
        let write = |out: &mut Writer, value: &Option<i8>| {
            out.nullable(value.as_ref(), |out, value| {
                out.int8(*value);
                Ok(())
            })
        };
        check(value, expected, write, |input| input.nullable(FIELD, |input| input.int8(FIELD)));
    }
    let read = Reader::new(&[2, 3]).nullable(FIELD, |input| input.int8(FIELD));
    assert_eq!(read, Err(DecodeError::Marker { field: FIELD, offset: 0, found: 2 }));
}

/// Reads a string and an array, which no case reaches the elements of.
fn read_both(lengths: Lengths, bytes: &[u8]) -> (Option<DecodeError>, Option<DecodeError>) {
    let string = Reader::new(bytes).string(lengths, FIELD).err();
    let array =
        Reader::new(bytes).array::<[u64; 8], _>(lengths, FIELD, 3, |_| panic!("an element of {bytes:?} is read"));
    (string, array.err())
}

#[test]
fn impossible_lengths_are_errors_before_anything_is_allocated() {
    use Lengths::{Compact, Fixed};
    let (field, offset) = (FIELD, 0);
    let length = |length| DecodeError::Length { field, offset, length };
    let count = |count| DecodeError::Count { field, offset, count };
    let cut = |offset| DecodeError::Truncated { field, offset };
    let null = DecodeError::Null { field, offset };
    let cases: &[(Lengths, &[u8], DecodeError, DecodeError)] = &[
        (Fixed, &[0xff, 0xff, 0xff, 0xff], null.clone(), null.clone()),
        (Fixed, &[0xff, 0xfe, 0xff, 0xff], length(-2), length(-65_537)),
        (Fixed, &[0x80, 0x00, 0x00, 0x00], length(-32_768), length(i64::from(i32::MIN))),
        (Fixed, &[0x7f, 0xff, 0xff, 0xff], cut(2), count(i32::MAX as usize)),
        (Fixed, &[0x00, 0x05, 0x00, 0x00, 0x00], cut(2), count(0x5_0000)),
        (Compact, &[0], null.clone(), null),
        (Compact, &[0xff, 0xff, 0xff, 0xff, 0x0f], length(0xffff_fffe), length(0xffff_fffe)),
        (Compact, &[0x80, 0x80, 0x80, 0x80, 0x08], length(0x7fff_ffff), count(0x7fff_ffff)),
        (Compact, &[0x81, 0x80, 0x02, 0x00], length(32_768), count(32_768)),
        (Compact, &[0x04, 0x00, 0x00], cut(1), count(3)),
    ];
    for (lengths, bytes, string, array) in cases {
        assert_eq!(read_both(*lengths, bytes), (Some(string.clone()), Some(array.clone())), "{lengths:?} {bytes:?}");
    }
    assert_eq!(Reader::new(&[3, 0xc3, 0x28]).string(Compact, FIELD), Err(DecodeError::NotUtf8 { field, offset }));
}

#[test]
fn room_for_an_array_is_bounded_by_the_bytes_that_are_left() {
    let mut bytes = vec![0; 1_003];
    bytes[..2].copy_from_slice(&[0xe9, 0x07]);
    let elements = Reader::new(&bytes).array(Lengths::Compact, FIELD, 1, |input| {
        input.int8(FIELD)?;
        Ok([0_u64; 8])
    });
    assert_eq!(elements.map(|elements| (elements.len(), elements.capacity() <= 2_000)), Ok((1_000, true)));
}

#[test]
fn values_that_are_too_long_are_errors() {
    let long = "x".repeat(32_768);
    for lengths in [Lengths::Fixed, Lengths::Compact] {
        let mut out = Writer::new();
        let expected = Err(EncodeError::TooLong { field: FIELD, length: 32_768 });
        assert_eq!(out.string(lengths, &long, FIELD), expected);
        assert_eq!(out.string(lengths, &long[1..], FIELD), Ok(()));
        let bytes = out.into_bytes();
        assert_eq!(Reader::new(&bytes).string(lengths, FIELD).as_deref(), Ok(&long[1..]));
    }
}

/// Reads an `int16` with tag 1 and ignores other fields.
fn read_tagged(bytes: &[u8]) -> Result<i16, DecodeError> {
    let mut known = 0;
    Reader::new(bytes).tagged_fields(FIELD, |tag, content| {
        match tag {
            1 => known = content.int16(FIELD)?,
            _ => content.skip_rest(),
        }
        Ok(())
    })?;
    Ok(known)
}

#[test]
fn unknown_tagged_fields_are_skipped() {
    let field = FIELD;
    let cases: &[(&[u8], Result<i16, DecodeError>)] = &[
        (&[0], Ok(0)),
        (&[1, 1, 2, 0, 5], Ok(5)),
        (&[3, 0, 1, 9, 1, 2, 0, 5, 0x80, 1, 0], Ok(5)),
        (&[1, 7, 3, 1, 2, 3], Ok(0)),
        (&[2, 1, 2, 0, 5, 1, 2, 0, 6], Err(DecodeError::TagOrder { field, offset: 5, tag: 1 })),
        (&[2, 4, 0, 3, 0], Err(DecodeError::TagOrder { field, offset: 3, tag: 3 })),
        (&[1, 1, 3, 0, 5, 6], Err(DecodeError::TagSize { field, offset: 5, tag: 1 })),
        (&[1, 1, 1, 0, 5], Err(DecodeError::Truncated { field, offset: 3 })),
        (&[1, 7, 9, 0], Err(DecodeError::Truncated { field, offset: 3 })),
        (&[0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0], Err(DecodeError::Truncated { field, offset: 7 })),
        (&[], Err(DecodeError::Truncated { field, offset: 0 })),
    ];
    for (bytes, expected) in cases {
        assert_eq!(&read_tagged(bytes), expected, "{bytes:?}");
    }
}

#[test]
fn tagged_fields_are_written_with_their_sizes() {
    let mut tagged = TaggedFields::default();
    tagged.add(1, FIELD, |out| out.string(Lengths::Compact, "ab", FIELD)).unwrap();
    tagged.add(200, FIELD, |_| Ok(())).unwrap();
    let mut out = Writer::new();
    tagged.write(&mut out);
    out.no_tagged_fields();
    assert_eq!(out.into_bytes(), [2, 1, 3, 3, b'a', b'b', 0xc8, 1, 0, 0]);
}

#[test]
fn errors_are_sentences() {
    let error = Reader::new(&[0, 9]).string(Lengths::Fixed, "JoinGroupRequest.group_id").unwrap_err();
    assert_eq!(error.to_string(), "the message ends within JoinGroupRequest.group_id, which begins at byte 2");
}
