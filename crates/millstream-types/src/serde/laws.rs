//! Checks of the laws of a serde, for tests.
//!
//! Kafka identifies a key by its bytes: for its partition, in compaction and in stores. A type whose bytes break these laws
//! loses or duplicates records without an error, so test each type for which you implement [`Data`] or
//! [`Codec`](crate::Codec).

use std::collections::hash_map::DefaultHasher;
use std::fmt::Debug;
use std::hash::Hasher as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{Data, Serde, SerdeError};

/// The topic that is passed to codecs.
const TOPIC: &str = "laws";

/// The number of random inputs for each decoder.
const GARBAGE_COUNT: u64 = 256;

/// Checks that a type obeys the laws of [`Data`] on these values and on every pair of them.
///
/// * Reading what was written gives an equal value.
/// * Two values are equal exactly when their bytes are, and exactly when [`same_key`](Data::same_key) returns `true`; they
///   have the same [`hash_key`](Data::hash_key) then.
/// * A value is written as null exactly when it is the type's null.
/// * A value that was read from any bytes can be written, and is read as the same value again.
/// * Reading never panics: the check reads truncated bytes, bytes with a flipped bit, and random bytes (the same in each
///   run).
///
/// Use varied values: extreme and empty ones, and pairs that are easily confused. A property-testing crate can provide them.
/// Values are compared with the type's `PartialEq`: for types with floats, leave out NaN, which is not equal to itself, and
/// use only one of `0.0` and `-0.0`, which are equal and have different bytes.
///
/// # Panics
/// When a law does not hold, with the law and the values in the message.
///
/// # Examples
/// ```
/// use millstream_types::serde::laws;
///
/// laws::check(&[i64::MIN, -1, 0, 1, i64::MAX]);
/// laws::check(&[String::new(), "a".to_owned(), "ä".to_owned()]);
/// ```
///
/// A type that does not encode a field fails:
/// ```should_panic
/// use millstream_types::{Data, SerdeError, serde::laws};
///
/// #[derive(Clone, Debug, PartialEq)]
/// struct Price { cents: i64, currency: String }
///
/// impl Data for Price {
///     fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
///         self.cents.encode(out)
///     }
///     fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
///         Ok(Self { cents: i64::decode(bytes)?, currency: "EUR".to_owned() })
///     }
/// }
/// laws::check(&[Price { cents: 5, currency: "USD".to_owned() }]);
/// ```
#[track_caller]
pub fn check<T: Data + PartialEq + Debug>(values: &[T]) {
    let encodings = check_serde(&Serde::of_type(), values);
    let keys = || values.iter().zip(&encodings);
    for (left, left_bytes) in keys() {
        for (right, right_bytes) in keys() {
            check_key_identity((left, left_bytes), (right, right_bytes));
        }
        check_null(left);
    }
}

/// Checks the laws that a [`Serde`] must obey on these values and on every pair of them; returns each value's bytes.
///
/// They are those of [`check`], except the laws about keys and null, which belong to the type.
///
/// # Panics
/// When a law does not hold, with the law and the values in the message.
///
/// # Examples
/// ```
/// use millstream_types::{Serde, serde::laws};
///
/// let encodings = laws::check_serde(&Serde::<u8>::json(), &[0, 255]);
/// assert_eq!(encodings, [b"0".to_vec(), b"255".to_vec()]);
/// ```
#[track_caller]
pub fn check_serde<T: PartialEq + Debug + 'static>(serde: &Serde<T>, values: &[T]) -> Vec<Vec<u8>> {
    let encodings: Vec<Vec<u8>> = values.iter().map(|value| check_round_trip(serde, value)).collect();
    for (left, left_bytes) in values.iter().zip(&encodings) {
        for (right, right_bytes) in values.iter().zip(&encodings) {
            check_bytes_identity((left, left_bytes), (right, right_bytes));
        }
    }
    for bytes in &encodings {
        check_damaged(serde, bytes);
    }
    check_garbage(serde);
    encodings
}

#[track_caller]
fn check_round_trip<T: PartialEq + Debug + 'static>(serde: &Serde<T>, value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Err(error) = serde.encode(TOPIC, value, &mut bytes) {
        panic!("law broken: every value can be written\n  value: {value:?}\n  error: {error}");
    }
    match decode_without_panic(serde, &bytes) {
        Ok(again) if again == *value => {}
        Ok(again) => panic!(
            "law broken: reading what was written gives an equal value\n  \
             written: {value:?}\n  read: {again:?}\n  bytes: {bytes:02x?}"
        ),
        Err(error) => panic!(
            "law broken: what was written can be read\n  \
             written: {value:?}\n  bytes: {bytes:02x?}\n  error: {error}"
        ),
    }
    check_appends(serde, value, &bytes);
    bytes
}

/// Writing must append, because sinks reuse their buffer and composite types write one part after the other.
#[track_caller]
fn check_appends<T: Debug + 'static>(serde: &Serde<T>, value: &T, bytes: &[u8]) {
    let mut buffer = b"before".to_vec();
    let outcome = serde.encode(TOPIC, value, &mut buffer);
    assert!(
        outcome.is_ok() && buffer.strip_prefix(b"before") == Some(bytes),
        "law broken: writing appends to the buffer, the same bytes each time\n  \
         value: {value:?}\n  into an empty buffer: {bytes:02x?}\n  after \"before\": {buffer:02x?}"
    );
}

#[track_caller]
fn check_bytes_identity<T: PartialEq + Debug>(left: (&T, &[u8]), right: (&T, &[u8])) {
    let (equal, same_bytes) = (left.0 == right.0, left.1 == right.1);
    assert!(
        equal == same_bytes,
        "law broken: two values are equal exactly when their bytes are\n  \
         left: {:?}\n  right: {:?}\n  equal: {equal}\n  left bytes: {:02x?}\n  right bytes: {:02x?}",
        left.0,
        right.0,
        left.1,
        right.1
    );
}

#[track_caller]
fn check_key_identity<T: Data + Debug>((left, left_bytes): (&T, &[u8]), (right, right_bytes): (&T, &[u8])) {
    let (same_key, same_bytes) = (left.same_key(right), left_bytes == right_bytes);
    assert!(
        same_key == same_bytes,
        "law broken: `same_key` is true exactly when the bytes are equal\n  \
         left: {left:?}\n  right: {right:?}\n  same_key: {same_key}\n  equal bytes: {same_bytes}"
    );
    assert!(
        !same_key || key_hash(left) == key_hash(right),
        "law broken: the same keys have the same `hash_key`\n  left: {left:?}\n  right: {right:?}"
    );
}

#[track_caller]
fn check_null<T: Data + Debug>(value: &T) {
    let is_the_null = T::null().is_some_and(|null| null.same_key(value));
    assert!(
        value.is_null() == is_the_null,
        "law broken: `is_null` is true exactly for the value that `null` gives\n  \
         value: {value:?}\n  is_null: {}\n  null: {:?}",
        value.is_null(),
        T::null()
    );
}

fn key_hash<T: Data>(value: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash_key(&mut hasher);
    hasher.finish()
}

/// Reads all truncations of what was written, and all bytes with one flipped bit.
#[track_caller]
fn check_damaged<T: Debug + 'static>(serde: &Serde<T>, bytes: &[u8]) {
    for length in 0..bytes.len() {
        check_accepted(serde, &bytes[..length]);
    }
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.to_vec();
        damaged[bit / 8] ^= 1 << (bit % 8);
        check_accepted(serde, &damaged);
    }
}

/// Reads pseudo-random inputs of up to 64 bytes, the same in every run.
#[track_caller]
fn check_garbage<T: Debug + 'static>(serde: &Serde<T>) {
    for seed in 0..GARBAGE_COUNT {
        let length = seed % 65;
        let garbage: Vec<u8> = (0..length).map(|index| mixed(seed << 32 | index)).collect();
        check_accepted(serde, &garbage);
    }
    check_accepted(serde, &[0xff; 64]);
}

/// Reading may refuse the bytes; otherwise the value must survive writing and reading. Values are compared by their bytes,
/// since they may contain NaN.
#[track_caller]
fn check_accepted<T: Debug + 'static>(serde: &Serde<T>, bytes: &[u8]) {
    let Ok(value) = decode_without_panic(serde, bytes) else { return };
    let encoded = |value: &T| {
        let mut out = Vec::new();
        serde.encode(TOPIC, value, &mut out).map(|()| out)
    };
    let again = encoded(&value).and_then(|out| decode_without_panic(serde, &out).map(|again| (out, again)));
    let kept = again.and_then(|(out, again)| Ok((out == encoded(&again)?).then_some(())));
    assert!(
        matches!(kept, Ok(Some(()))),
        "law broken: what was read can be written, and reads as the same value again\n  \
         bytes: {bytes:02x?}\n  value: {value:?}\n  error: {:?}",
        kept.err()
    );
}

/// A byte that depends on every bit of `number` (the finaliser of `SplitMix64`).
fn mixed(number: u64) -> u8 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)).to_le_bytes()[0]
}

/// Reads `bytes`. A panic of the decoder is a broken law.
#[track_caller]
fn decode_without_panic<T: 'static>(serde: &Serde<T>, bytes: &[u8]) -> Result<T, SerdeError> {
    let outcome = catch_unwind(AssertUnwindSafe(|| serde.decode(TOPIC, bytes)));
    outcome.unwrap_or_else(|_| panic!("law broken: reading never panics\n  bytes: {bytes:02x?}"))
}
