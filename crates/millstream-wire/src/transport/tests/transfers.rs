//! Reading, writing and closing at the same time.

use std::thread;

use super::*;
use crate::leased::{Leased, Permit, STEP};
use crate::testing::tls_server::{ServerTls, echo};

/// More than the buffers of a connection have room for.
const LARGE: usize = 24 << 20;

fn numbered(length: usize) -> Vec<u8> {
    let mut bytes = (0..251).collect::<Vec<u8>>().repeat(length / 251 + 1);
    bytes.truncate(length);
    bytes
}

#[test]
fn one_thread_reads_while_another_writes() {
    let authority = Authority::new("ours");
    let issued = authority.server(&["127.0.0.1"]);
    for versions in VERSIONS {
        let server = ServerTls { versions, ..ServerTls::new(&issued) };
        let (port, server) = server.serve(echo);
        let mut reader = connect(port, trusting(&authority)).unwrap();
        let mut writer = reader.try_clone().unwrap();
        let writing = thread::spawn(move || {
            let bytes = numbered(LARGE);
            let (small, large) = bytes.split_at(70_000);
            small.chunks(1_000).for_each(|chunk| writer.write_all(chunk).unwrap());
            writer.write_all(large).unwrap();
            writer
        });
        let mut bytes = vec![0; LARGE];
        // Some small reads, and then large ones.
        let (small, large) = bytes.split_at_mut(10_000);
        small.chunks_mut(7).for_each(|chunk| reader.read_exact(chunk).unwrap());
        reader.read_exact(large).unwrap();
        assert!(bytes == numbered(LARGE));
        let moved = reader.moved().bytes();
        assert!(moved > 2 * LARGE as u64, "{moved}");
        drop((reader, writing.join().unwrap()));
        assert!(server.join().unwrap(), "the last handle says that it closes");
    }
}

#[test]
fn pieces_are_sent_in_order_and_together() {
    let authority = Authority::new("ours");
    let issued = authority.server(&["127.0.0.1"]);
    let (port, server) = ServerTls::new(&issued).serve(|stream| {
        let mut bytes = [0; 300];
        // One record of TLS, so one read.
        assert_eq!(stream.read(&mut bytes).unwrap(), 256);
        bytes[..256].to_vec()
    });
    let mut stream = connect(port, trusting(&authority)).unwrap();
    let bytes: Vec<u8> = (0..=255).collect();
    let pieces: Vec<IoSlice<'_>> = bytes.chunks(50).map(IoSlice::new).collect();
    assert_eq!(stream.write_vectored(&pieces).unwrap(), 256);
    assert_eq!(server.join().unwrap(), bytes);
}

#[test]
fn keys_may_be_replaced_meanwhile() {
    let authority = Authority::new("ours");
    let issued = authority.server(&["127.0.0.1"]);
    let (port, server) = ServerTls::new(&issued).serve(|stream| {
        let mut bytes = vec![0; 1_000];
        for _ in 0..20 {
            stream.read_exact(&mut bytes).unwrap();
            stream.conn.refresh_traffic_keys().unwrap();
            stream.write_all(&bytes).unwrap();
        }
    });
    let mut stream = connect(port, trusting(&authority)).unwrap();
    for round in 0..20 {
        stream.write_all(&[round; 1_000]).unwrap();
        let mut bytes = [0; 1_000];
        stream.read_exact(&mut bytes).unwrap();
        assert_eq!(bytes, [round; 1_000]);
    }
    server.join().unwrap();
}

#[test]
fn a_wait_for_bytes_ends_by_a_time_out_and_by_another_thread() {
    let authority = Authority::new("ours");
    let issued = authority.server(&["127.0.0.1"]);
    let (port, server) = ServerTls::new(&issued).serve(echo);
    let mut reader = connect(port, trusting(&authority)).unwrap();
    let closer = reader.try_clone().unwrap();
    reader.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let kind = reader.read(&mut [0; 9]).unwrap_err().kind();
    assert!(matches!(kind, io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut), "{kind}");
    reader.set_read_timeout(None).unwrap();
    let reading = thread::spawn(move || reader.read(&mut [0; 9]).unwrap_or(0));
    thread::sleep(Duration::from_millis(50));
    closer.close();
    assert_eq!(reading.join().unwrap(), 0);
    assert!(server.join().unwrap(), "the broker is told");
}

#[test]
fn a_write_ends_when_another_thread_closes() {
    let authority = Authority::new("ours");
    let issued = authority.server(&["127.0.0.1"]);
    let (port, server) = ServerTls::new(&issued).serve(|stream| {
        stream.conn.complete_io(&mut stream.sock).unwrap();
        stream.sock.try_clone().unwrap()
    });
    let mut writer = connect(port, trusting(&authority)).unwrap();
    let (closer, _open) = (writer.try_clone().unwrap(), server.join().unwrap());
    writer.set_write_timeout(None).unwrap();
    let writing = thread::spawn(move || writer.write_all(&numbered(LARGE)).is_err());
    thread::sleep(Duration::from_millis(100));
    assert!(!writing.is_finished(), "nobody reads");
    closer.close();
    assert!(writing.join().unwrap());
}

#[test]
fn the_brokers_close_is_an_end() {
    let authority = Authority::new("ours");
    let issued = authority.server(&["127.0.0.1"]);
    for is_told in [true, false] {
        let (port, server) = ServerTls::new(&issued).serve(move |stream| {
            stream.write_all(b"bye").unwrap();
            if is_told {
                stream.conn.send_close_notify();
                stream.flush().unwrap();
            }
        });
        let mut stream = connect(port, trusting(&authority)).unwrap();
        let mut read = Vec::new();
        stream.read_to_end(&mut read).unwrap();
        assert_eq!(read, b"bye");
        server.join().unwrap();
    }
}

#[test]
fn large_requests_are_sent_in_steps() {
    let authority = Authority::new("ours");
    let issued = authority.server(&["127.0.0.1"]);
    let (port, server) = ServerTls::new(&issued).serve(|stream| {
        stream.conn.complete_io(&mut stream.sock).unwrap();
        thread::sleep(3 * STEP);
        let mut read = vec![0; LARGE];
        stream.read_exact(&mut read).unwrap();
        stream.write_all(&[7]).unwrap();
        read == numbered(LARGE)
    });
    let mut stream = connect(port, trusting(&authority)).unwrap();
    stream.set_write_timeout(Some(STEP)).unwrap();
    let bytes = numbered(LARGE);
    Leased::new(&mut stream, PATIENCE, &Permit::default()).write_all(&bytes).unwrap();
    stream.read_exact(&mut [0]).unwrap();
    assert!(server.join().unwrap());
}

#[test]
fn a_broker_that_reads_nothing_is_given_up() {
    let authority = Authority::new("ours");
    let issued = authority.server(&["127.0.0.1"]);
    let (port, server) = ServerTls::new(&issued).serve(|stream| {
        stream.conn.complete_io(&mut stream.sock).unwrap();
        stream.sock.try_clone().unwrap()
    });
    let mut stream = connect(port, trusting(&authority)).unwrap();
    let _open = server.join().unwrap();
    stream.set_write_timeout(Some(STEP)).unwrap();
    let bytes = numbered(LARGE);
    let error = Leased::new(&mut stream, 2 * STEP, &Permit::default()).write_all(&bytes).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}
