//! What is written is read again.

use millstream_protocol::{Data, Message, Reader, Request, Writer};
use proptest::prelude::*;

use super::fill::{Filled, Random, Visit, bytes_of};
use super::messages::visit_all;

/// Writes and reads random values.
struct RoundTrips {
    random: Random,
    messages: usize,
}

impl Visit for RoundTrips {
    fn message<M: Filled>(&mut self, version: i16) {
        let message = M::fill(&mut self.random, version);
        let bytes = bytes_of(&message, version);
        let mut input = Reader::new(&bytes);
        let read = M::read(&mut input, version).unwrap_or_else(|error| panic!("{error} in {message:?}"));
        assert_eq!(read, message, "version {version}");
        assert!(input.rest().is_empty(), "version {version} of {message:?} leaves bytes");
        self.messages += 1;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_message_survives_in_every_version(seed: u64) {
        let mut visit = RoundTrips { random: Random(seed), messages: 0 };
        visit_all(&mut visit);
        prop_assert_eq!(visit.messages, MESSAGES);
    }
}

/// Requests and responses of 31 APIs, two kinds of data, each counted once per version.
const MESSAGES: usize = 134;

/// Looks at the versions around those supported.
struct Outside;

impl Outside {
    fn refuses<M: Filled>(version: i16) {
        let message = M::fill(&mut Random(1), 0);
        assert!(message.write(&mut Writer::new(), version).is_err(), "{version} of {message:?}");
        assert!(M::read(&mut Reader::new(&[0; 100]), version).is_err(), "{version} of {message:?}");
    }
}

impl Visit for Outside {
    fn message<M: Filled>(&mut self, _version: i16) {}

    fn request<R: Request<Response: Filled> + Filled>(&mut self) {
        for version in [i16::MIN, R::OLDEST - 1, R::NEWEST + 1, i16::MAX] {
            Self::refuses::<R>(version);
            Self::refuses::<R::Response>(version);
        }
    }

    fn data<D: Data + Filled>(&mut self) {
        [i16::MIN, D::OLDEST - 1, D::NEWEST + 1, i16::MAX].into_iter().for_each(Self::refuses::<D>);
    }
}

#[test]
fn other_versions_are_refused() {
    visit_all(&mut Outside);
}

#[test]
fn fields_that_a_version_cannot_carry_are_errors_or_left_out() {
    use millstream_protocol::messages::metadata::{MetadataRequest, MetadataRequestTopic};
    use millstream_protocol::messages::{FindCoordinatorRequest, JoinGroupRequest};

    let message = |result: Result<(), millstream_protocol::EncodeError>| result.map_err(|error| error.to_string());
    let write = |request: &FindCoordinatorRequest, version| message(request.write(&mut Writer::new(), version));
    let request = FindCoordinatorRequest { key: "group".to_owned(), ..FindCoordinatorRequest::default() };
    assert_eq!(write(&request, 3), Ok(()));
    let expected = "FindCoordinatorRequest.key has a value, but it is not part of version 4";
    assert_eq!(write(&request, 4), Err(expected.to_owned()));

    let request = JoinGroupRequest { reason: Some("why".to_owned()), ..JoinGroupRequest::default() };
    let old = bytes_of(&request, 7);
    assert_eq!(old, bytes_of(&JoinGroupRequest::default(), 7), "a reason may be left out");
    assert!(bytes_of(&request, 8).len() > old.len());

    let topic = MetadataRequestTopic { name: None, ..MetadataRequestTopic::default() };
    let request = MetadataRequest { topics: Some(vec![topic]), ..MetadataRequest::default() };
    let expected = "MetadataRequestTopic.name is null, which version 9 does not allow";
    assert_eq!(message(request.write(&mut Writer::new(), 9)), Err(expected.to_owned()));
    assert_eq!(message(request.write(&mut Writer::new(), 10)), Ok(()));

    let request = FindCoordinatorRequest { key: "x".repeat(32_768), ..FindCoordinatorRequest::default() };
    let expected = "FindCoordinatorRequest.key has the length 32768, which its length field cannot hold";
    assert_eq!(write(&request, 3), Err(expected.to_owned()));
}
