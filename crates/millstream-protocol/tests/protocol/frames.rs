//! Frames: headers, versions and correlation ids.

use millstream_protocol::messages::{
    ApiVersionsRequest, ApiVersionsResponse, ConsumerProtocolSubscription, HeartbeatRequest, HeartbeatResponse,
    SaslHandshakeRequest, SaslHandshakeResponse,
};
use millstream_protocol::{
    DecodeError, Reader, Request, data_bytes, read_data, read_request_header, read_response, request_frame,
    response_frame,
};

use super::fill::{Fill, Filled, Random, Visit};
use super::messages::visit_all;

/// What a client and a broker tell each other.
struct Exchanges(Random);

impl Visit for Exchanges {
    fn message<M: Filled>(&mut self, _version: i16) {}

    fn request<R: Request<Response: Filled> + Filled>(&mut self) {
        for version in R::OLDEST..=R::NEWEST {
            let (request, response) = (R::fill(&mut self.0, version), R::Response::fill(&mut self.0, version));
            let frame = request_frame(&request, version, 5, "client").unwrap();
            assert_eq!(frame[..4], (frame.len() as i32 - 4).to_be_bytes());
            let (key, sent, correlation, client, body) = read_request_header(&frame[4..]).unwrap();
            assert_eq!((key, sent, correlation, client), (R::API_KEY, version, 5, Some("client")));
            assert_eq!(R::read(&mut Reader::new(body), version), Ok(request));

            let frame = response_frame::<R>(&response, version, 6).unwrap();
            assert_eq!(frame[..4], (frame.len() as i32 - 4).to_be_bytes());
            assert_eq!(read_response::<R>(&frame[4..], version), Ok((6, response)), "{}", R::NAME);
        }
    }
}

#[test]
fn a_broker_reads_what_a_client_sends_and_back() {
    visit_all(&mut Exchanges(Random(3)));
}

#[test]
fn headers_have_the_form_of_their_version() {
    let frame = request_frame(&ApiVersionsRequest::default(), 0, 1, "c").unwrap();
    assert_eq!(frame, [0, 0, 0, 11, 0, 18, 0, 0, 0, 0, 0, 1, 0, 1, b'c'], "a header without tagged fields");
    let frame = request_frame(&ApiVersionsRequest::default(), 3, 1, "").unwrap();
    assert_eq!(frame, [0, 0, 0, 14, 0, 18, 0, 3, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0], "a header with tagged fields");
    let frame = request_frame(&SaslHandshakeRequest { mechanism: "P".to_owned() }, 1, 1, "").unwrap();
    assert_eq!(frame, [0, 0, 0, 13, 0, 17, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, b'P'], "never flexible");

    let response = ApiVersionsResponse::default();
    let frame = response_frame::<ApiVersionsRequest>(&response, 3, 1).unwrap();
    assert_eq!(frame, [0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0], "never a tagged header");
    let frame = response_frame::<HeartbeatRequest>(&HeartbeatResponse::default(), 4, 1).unwrap();
    assert_eq!(frame, [0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], "a tagged header");
    let frame = response_frame::<SaslHandshakeRequest>(&SaslHandshakeResponse::default(), 1, 1).unwrap();
    assert_eq!(frame, [0, 0, 0, 10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn damaged_headers_are_errors() {
    let heartbeat = request_frame(&HeartbeatRequest::default(), 4, 1, "c").unwrap();
    for length in 0..12 {
        assert!(read_request_header(&heartbeat[4..4 + length]).is_err(), "{length} bytes");
    }
    let unknown = read_request_header(&[0x7f, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff]);
    assert_eq!(unknown, Err(DecodeError::UnknownApi { api_key: 0x7f00 }));
    let without_client = read_request_header(&[0, 12, 0, 4, 0, 0, 0, 1, 0xff, 0xff, 0, 9]);
    assert_eq!(without_client, Ok((12, 4, 1, None, &[9][..])));
    assert!(read_response::<HeartbeatRequest>(&[0, 0, 0, 1], 4).is_err());
    // A header with a tagged field that nobody knows, and bytes behind the body.
    let bytes = [0, 0, 0, 1, 1, 9, 2, 7, 7, 0, 0, 0, 0, 0, 27, 0, 8, 8];
    let expected = HeartbeatResponse { error_code: 27, ..HeartbeatResponse::default() };
    assert_eq!(read_response::<HeartbeatRequest>(&bytes, 4), Ok((1, expected)));
}

#[test]
fn data_has_its_version_before_it() {
    let data = ConsumerProtocolSubscription { topics: vec!["a".to_owned()], ..ConsumerProtocolSubscription::default() };
    let bytes = data_bytes(&data, 1).unwrap();
    assert_eq!(bytes, [0, 1, 0, 0, 0, 1, 0, 1, b'a', 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
    assert_eq!(read_data(&bytes), Ok((1, data.clone())));

    let mut newer = data_bytes(&data, 3).unwrap();
    newer[1] = 9;
    newer.push(1);
    assert_eq!(read_data(&newer), Ok((9, data)), "newer versions only add fields");
    assert!(read_data::<ConsumerProtocolSubscription>(&[0xff, 0xff, 0, 0, 0, 0]).is_err());
}
