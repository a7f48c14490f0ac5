//! Headers at the beginning of a row, in Kafka Streams' format (KIP-1271).
//!
//! `size ‖ count ‖ {length ‖ name, length ‖ value}…`. All numbers are varints with the sign in the lowest bit, as in Kafka's
//! records; `size` is the number of bytes that follow it, and the length of a null value is -1. Without headers there is
//! only a `size` of 0.

use millstream_types::{Header, Headers, SerdeError};

/// The name of the format in errors.
const FORMAT: &str = "headers of a row";

/// The length of a null value.
const NULL: i32 = -1;

/// Appends headers.
///
/// # Errors
/// When they are longer than the format allows (2 GiB).
pub(crate) fn encode_headers(headers: &Headers, out: &mut Vec<u8>) -> Result<(), SerdeError> {
    if headers.is_empty() {
        out.push(0);
        return Ok(());
    }
    let mut list = Vec::new();
    put(count(headers.len())?, &mut list);
    for Header { name, value } in headers {
        put(count(name.len())?, &mut list);
        list.extend_from_slice(name.as_bytes());
        put(value.as_ref().map_or(Ok(NULL), |value| count(value.len()))?, &mut list);
        list.extend_from_slice(value.as_deref().unwrap_or_default());
    }
    put(count(list.len())?, out);
    out.append(&mut list);
    Ok(())
}

/// Splits a row into its headers and the rest.
///
/// # Errors
/// When it does not begin with headers.
pub(crate) fn split_headers(row: &[u8]) -> Result<(Headers, &[u8]), SerdeError> {
    let (list, rest) =
        split(row).ok_or_else(|| SerdeError::malformed(FORMAT, "the row is shorter than its headers", row))?;
    let headers = decode(list).ok_or_else(|| SerdeError::malformed(FORMAT, "they are not a list of headers", row))?;
    Ok((headers, rest))
}

fn count(length: usize) -> Result<i32, SerdeError> {
    i32::try_from(length).map_err(|_| SerdeError::unwritable(FORMAT, "they are longer than 2 GiB"))
}

/// Appends a number with its sign in the lowest bit, seven bits a byte, the lowest first.
fn put(number: i32, out: &mut Vec<u8>) {
    let mut rest = ((number << 1) ^ (number >> 31)).cast_unsigned();
    while rest >= 0x80 {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Takes a number from the beginning of `bytes`.
fn take_number(bytes: &mut &[u8]) -> Option<i32> {
    let mut number: u32 = 0;
    for shift in [0, 7, 14, 21, 28] {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if shift == 28 && byte > 0x0f {
            return None;
        }
        number |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed());
        }
    }
    None
}

/// Takes as many bytes from the beginning of `bytes` as the length before them says; `Some(None)` is null.
fn take_bytes<'a>(bytes: &mut &'a [u8]) -> Option<Option<&'a [u8]>> {
    let length = take_number(bytes)?;
    if length == NULL {
        return Some(None);
    }
    let (taken, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
    *bytes = rest;
    Some(Some(taken))
}

/// The list of headers at the beginning of a row, and the rest of the row.
fn split(row: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = row;
    let list = take_bytes(&mut rest)??;
    Some((list, rest))
}

/// The headers of a list, which is empty if there are none.
fn decode(mut list: &[u8]) -> Option<Headers> {
    if list.is_empty() {
        return Some(Headers::new());
    }
    let count = usize::try_from(take_number(&mut list)?).ok()?;
    let mut headers = Headers::new();
    for _ in 0..count {
        let name = std::str::from_utf8(take_bytes(&mut list)??).ok()?.to_owned();
        let value = take_bytes(&mut list)?.map(<[u8]>::to_vec);
        headers.push(Header { name, value });
    }
    list.is_empty().then_some(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&str, Option<&str>)]) -> Headers {
        let header = |(name, value): &(&str, Option<&str>)| Header {
            name: (*name).to_owned(),
            value: value.map(|value| value.as_bytes().to_vec()),
        };
        list.iter().map(header).collect()
    }

    /// The bytes are those of `HeadersSerializer` of Kafka Streams behind the size.
    #[test]
    fn the_bytes_are_those_of_kafka_streams() {
        let cases: [(&[(&str, Option<&str>)], &[u8]); 4] = [
            (&[], &[0]),
            (&[("h", Some("x"))], &[10, 2, 2, b'h', 2, b'x']),
            (&[("h", None)], &[8, 2, 2, b'h', 1]),
            (&[("a", Some("")), ("a", Some("yz"))], &[18, 4, 2, b'a', 0, 2, b'a', 4, b'y', b'z']),
        ];
        for (list, expected) in cases {
            let mut bytes = Vec::new();
            encode_headers(&headers(list), &mut bytes).unwrap();
            assert_eq!(bytes, expected, "{list:?}");
            bytes.extend_from_slice(b"rest");
            assert_eq!(split_headers(&bytes).unwrap(), (headers(list), &b"rest"[..]), "{list:?}");
        }
    }

    #[test]
    fn long_values_have_lengths_of_several_bytes() {
        let value = "v".repeat(100_000);
        let expected = headers(&[("long", Some(&value)), ("short", None)]);
        let mut bytes = Vec::new();
        encode_headers(&expected, &mut bytes).unwrap();
        assert_eq!(split_headers(&bytes).unwrap(), (expected, &[][..]));
    }

    #[test]
    fn corrupt_headers_are_errors() {
        let mut whole = Vec::new();
        encode_headers(&headers(&[("name", Some("value")), ("other", None)]), &mut whole).unwrap();
        for length in 0..whole.len() {
            assert!(split_headers(&whole[..length]).is_err(), "{length} bytes");
        }
        let cases: [&[u8]; 7] = [
            &[1],                               // a size of -1
            &[2, 4],                            // two headers in no bytes
            &[4, 0, 9],                         // a byte after no headers
            &[2, 1],                            // -1 headers
            &[8, 2, 1, 0, 0],                   // a name that is null
            &[8, 2, 2, 0xff, 0],                // a name that is not UTF-8
            &[0xff, 0xff, 0xff, 0xff, 0xff, 1], // a number of six bytes
        ];
        for bytes in cases {
            assert!(split_headers(bytes).is_err(), "{bytes:?}");
        }
    }
}
