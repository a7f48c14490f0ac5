//! Reading any bytes as a response gives a response or an error.
#![allow(clippy::unwrap_used, reason = "a test")]

mod producing;
mod writing;

use proptest::prelude::*;

use super::*;
use crate::error::LinkError;
use crate::frame::{Api, ResponseFrame};
use crate::settings::IsolationLevel;

/// The largest response of these tests.
const BYTES_MAX: usize = 1 << 20;

const CORRELATION: i32 = 7;

/// A frame with this body, and a header that is right.
fn frame(body: &[u8]) -> Vec<u8> {
    let size = (4 + 1 + body.len()) as i32;
    [&size.to_be_bytes()[..], &CORRELATION.to_be_bytes(), &[0], body].concat()
}

fn begin<'a>(source: &mut &'a [u8]) -> Result<ResponseFrame<&'a [u8]>, LinkError> {
    ResponseFrame::begin(std::mem::take(source), CORRELATION, BYTES_MAX)
}

/// Reads bytes as each kind of response, and checks that the result is no larger than the bytes.
fn read_as_all(frame: impl Fn(Api) -> Vec<u8>) {
    let bytes = frame(fetch::API);
    let response = begin(&mut &bytes[..]).and_then(|response| fetch::read(response, IsolationLevel::ReadCommitted));
    for fetched in response.into_iter().flat_map(|response| response.partitions) {
        let kept = [fetched.records.capacity(), fetched.aborted.len() * 17];
        assert!(kept.iter().sum::<usize>() <= bytes.len(), "{kept:?} of {}", bytes.len());
    }
    let bytes = frame(produce::API);
    let response = begin(&mut &bytes[..]).and_then(produce::read);
    let partitions = response.into_iter().flat_map(|response| response.partitions);
    let kept =
        |event: &produce::Produced| event.at_fault.len() * 6 + event.message.as_ref().map_or(0, String::len) + 33;
    assert!(partitions.map(|event| kept(&event)).sum::<usize>() <= bytes.len());
}

/// Bytes that look like counts and lengths more often than random ones.
fn likely_bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![4 => 0_u8..4, 1 => Just(0xff_u8), 1 => any::<u8>()];
    prop::collection::vec(byte, 0..300)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(700))]

    #[test]
    fn any_bytes_are_an_response_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_as_all(|_| bytes.clone());
    }

    #[test]
    fn any_body_is_an_response_or_an_error(body in likely_bytes()) {
        read_as_all(|_| frame(&body));
    }

    #[test]
    fn a_response_with_bytes_changed_is_an_response_or_an_error(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let change = |mut body: Vec<u8>| {
            changes.iter().for_each(|(at, byte)| *at.get_mut(&mut body) = *byte);
            body.truncate(cut.index(body.len() * 2));
            body
        };
        let whole = |api| match api {
            fetch::API => fetched(),
            _ => produced(),
        };
        read_as_all(|api| frame(&change(whole(api))));
    }
}

/// A response to a fetch: a partition with two aborted transactions, three bytes and a diverging epoch.
fn fetched() -> Vec<u8> {
    let mut body = [&[0; 10][..], &[2, 2, b't', 2]].concat();
    body.extend([0, 0, 0, 5, 0, 0].into_iter().chain([0, 0, 0, 0, 0, 0, 0, 9].repeat(3)));
    body.extend([3].into_iter().chain([1; 16]).chain([0]).chain([2; 16]).chain([0]));
    body.extend([0xff, 0xff, 0xff, 0xff, 4, 7, 8, 9]);
    body.extend([1, 0, 13, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 6, 0]);
    body.extend([0, 0]);
    body
}

/// A response to a produce: a partition with two records at fault, of which the second has a message.
fn produced() -> Vec<u8> {
    let mut body = vec![2, 2, b't', 2, 0, 0, 0, 5, 0, 87];
    body.extend([0, 0, 0, 0, 0, 0, 0, 9].repeat(3));
    body.extend([3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 4, 2, b'm', 0]);
    body.extend([1, 0, 0, 0, 0, 0, 70, 0]);
    body
}

#[test]
fn responses_are_read_according_to_the_schemas() {
    let bytes = frame(&fetched());
    let response =
        begin(&mut &bytes[..]).and_then(|response| fetch::read(response, IsolationLevel::ReadCommitted)).unwrap();
    let [fetched] = &response.partitions[..] else { panic!("{response:?}") };
    assert_eq!((fetched.partition.to_string(), fetched.end.number(), fetched.aborted.len()), ("t-5".to_owned(), 9, 2));
    assert_eq!((&fetched.records[..], fetched.diverges_at.map(|at| at.number())), (&[7, 8, 9][..], Some(6)));
}

/// A whole count or length, whose elements the frame does not have.
#[test]
fn counts_and_lengths_beyond_the_frame_are_refused() {
    let most = [0xff, 0xff, 0xff, 0xff, 0x7f];
    let check = |api: Api, before: &[u8], count: &[u8]| {
        let bytes = frame(&[before, count, &[0; 30]].concat());
        let mut source = &bytes[..];
        let response = begin(&mut source);
        let read = match api {
            fetch::API => response.and_then(|response| fetch::read(response, IsolationLevel::ReadCommitted)).map(drop),
            _ => response.and_then(produce::read).map(drop),
        };
        let text = read.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(text.contains("past the end of its frame"), "{api:?} {before:?} {count:?}: {text}");
    };
    let fetched = fetched();
    // The topics, a name, the partitions, the aborted transactions, the records, a tagged field.
    for at in [10, 11, 13, 44, 83, 89] {
        for count in [&most[..], &[0x7f]] {
            check(fetch::API, &fetched[..at], count);
        }
    }
    let produced = produced();
    // The topics, a name, the partitions, the records at fault, two messages of records, the batch's message.
    for at in [0, 1, 3, 34, 39, 45, 48] {
        for count in [&most[..], &[0x7f]] {
            check(produce::API, &produced[..at], count);
        }
    }
}

#[test]
fn a_frame_larger_than_allowed_is_refused_before_it_is_read() {
    for size in [BYTES_MAX as i32 + 1, i32::MAX, -1, i32::MIN] {
        let mut source = &size.to_be_bytes()[..];
        let refused = begin(&mut source).err();
        assert!(matches!(&refused, Some(LinkError::NoFrame { .. })), "{size}: {refused:?}");
    }
}

#[test]
fn an_error_for_the_whole_is_reported() {
    let bytes = frame(&[0, 0, 0, 0, 0, 29, 0, 0, 0, 0, 1, 0]);
    let refused =
        begin(&mut &bytes[..]).and_then(|response| fetch::read(response, IsolationLevel::ReadCommitted)).err();
    assert!(matches!(&refused, Some(LinkError::Refused { code: 29 })), "{refused:?}");
}
