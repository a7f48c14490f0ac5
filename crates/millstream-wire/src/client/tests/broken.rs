//! Responses that are none.

use super::*;
use crate::frame::read_whole;

#[test]
fn a_response_that_cannot_be_read_is_an_error_that_names_broker_and_request() {
    let frame = |body: &[u8]| [&(body.len() as i32).to_be_bytes()[..], body].concat();
    let huge = |size: i32| [&size.to_be_bytes()[..], &[0; 100]].concat();
    let cases = [
        (Fault::WrongCorrelation, "it has the correlation id of another request"),
        (Fault::CutAt(0), "closed the connection"),
        (Fault::CutAt(3), "closed the connection"),
        (Fault::CutAt(9), "closed the connection"),
        (Fault::Instead(huge(i32::MAX)), "it announces a frame of 2147483647 bytes"),
        (Fault::Instead(huge(-2)), "it announces a frame of -2 bytes"),
        (Fault::Instead(huge(200 << 20)), "closed the connection"),
        (Fault::Instead(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()), "it responds with HTTP"),
        (Fault::Instead(vec![0x15, 3, 3, 0, 2, 2, 80]), "it requires TLS"),
        (Fault::Instead(frame(&[0, 0])), "ends within ResponseHeader.correlation_id"),
        (Fault::Instead(frame(&[0, 0, 0, 2, 0, 0, 0])), "ends within ListGroupsResponse"),
        (
            Fault::Instead(frame(&[0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f])),
            "has the impossible length",
        ),
        (Fault::Instead(frame(&[0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0x7f])), "has no room for"),
        (Fault::Instead(frame(&[0xff; 40])), "ResponseHeader"),
    ];
    for (fault, text) in cases {
        let mut rig = Rig::new();
        rig.brokers.fault(1, LIST_GROUPS, fault.clone());
        let error = rig.list_groups(1).unwrap_err();
        let port = rig.brokers.edit(|script| script.ports[&1]);
        let reason = error.to_string();
        assert!(matches!(error, CallError::Unreachable(_)), "{fault:?}: {reason}");
        assert!(reason.starts_with(&format!("broker 1 at 127.0.0.1:{port} cannot be used: ")), "{fault:?}: {reason}");
        assert!(reason.contains("ListGroups") && reason.contains(text), "{fault:?}: {reason}");
        rig.brokers.heal();
        rig.list_groups(1).unwrap();
        assert_eq!(rig.opened(1), 2, "{fault:?}");
    }
}

#[test]
fn a_response_byte_by_byte_is_read() {
    let mut rig = Rig::new();
    rig.brokers.edit(|script| _ = script.calls.group("a group"));
    rig.brokers.fault(1, LIST_GROUPS, Fault::ByteByByte);
    let response = rig.call(1, of::ListGroupsRequest::default()).unwrap();
    assert_eq!(response.groups[0].group_id, "a group");
}

/// Each byte began the time-out anew, and a connection that is being set up has nobody who could close it: it stayed, and so did its
/// thread, while the client opened the next one every few seconds.
#[test]
fn a_connection_that_is_set_up_byte_by_byte_is_given_up() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = ("127.0.0.1".to_owned(), listener.local_addr().unwrap().port());
    let broker = std::thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let frame = [&[0, 1, 0, 0, 0, 0, 0, 1][..], &[0; 60_000]].concat();
        let sent = frame.iter().take_while(|byte| {
            std::thread::sleep(Duration::from_millis(10));
            std::io::Write::write_all(&mut stream, &[**byte]).is_ok()
        });
        sent.count()
    });
    let settings = ClientSettings { request_timeout: Duration::from_millis(200), ..ClientSettings::default() };
    let error = crate::connection::Connection::open(&address, &settings).err().unwrap();
    assert_eq!(error.to_string(), "it has not responded for 0 s");
    assert!(broker.join().unwrap() < 60_000, "the connection was closed before the response was complete");
}

/// Bytes that end early, and the largest buffer that was offered for them.
struct Short {
    bytes: &'static [u8],
    offered: usize,
}

impl std::io::Read for Short {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.offered = self.offered.max(buffer.len());
        self.bytes.read(buffer)
    }
}

#[test]
fn memory_is_not_reserved_for_bytes_that_are_only_announced() {
    // 256 MiB.
    let mut source = Short { bytes: &[0x10, 0, 0, 0, 1, 2, 3], offered: 0 };
    assert!(read_whole(&mut source).is_err());
    assert!(source.offered <= 1 << 20, "{} bytes", source.offered);
}
