//! Clients that are slow, silent or many, or send large or invalid requests, do not affect others.

#![allow(clippy::unwrap_used)]
#![expect(clippy::disallowed_methods, reason = "clients are slow in real time")]

mod support;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use support::{connect, read_to_end, send_request, start};

#[test]
fn a_client_that_sends_nothing_or_half_a_request_does_not_block_others() {
    let application = start(|_| ());
    let silent = connect(application.address());
    let mut half = connect(application.address());
    half.write_all(b"GET /live HTTP/1.1\r\nHost: ").unwrap();
    for _ in 0..20 {
        application.assert_responds();
    }
    drop((silent, half));
    application.assert_responds();
}

#[test]
fn a_client_that_sends_byte_by_byte_is_disconnected_and_does_not_block_others() {
    let application = start(|config| config.head_time_max = Duration::from_millis(500));
    let mut slow = connect(application.address());
    // A time-out for each byte would never end it.
    let sent = (0..).take_while(|_| {
        std::thread::sleep(Duration::from_millis(20));
        application.assert_responds();
        slow.write_all(b"G").is_ok()
    });
    assert!(sent.take(1_000).count() < 1_000, "it was never disconnected");
}

#[test]
fn a_client_that_never_reads_does_not_block_others_and_is_disconnected() {
    let application = start(|config| config.request_time_max = Duration::from_secs(2));
    let recorders = application.count_a_lot();
    let whole = application.registry.snapshot().to_prometheus().len();
    let mut greedy: Vec<TcpStream> = (0..3).map(|_| connect(application.address())).collect();
    for client in &mut greedy {
        client.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    }
    for _ in 0..20 {
        application.assert_responds();
    }
    std::thread::sleep(Duration::from_secs(4));
    for mut client in greedy {
        let read = read_to_end(&mut client).len();
        assert!(read < whole, "{read} bytes of {whole}: the response did not end with its time");
    }
    drop(recorders);
    application.assert_responds();
}

#[test]
fn hundreds_of_open_connections_do_not_block_others() {
    let application = start(|config| config.connections_max = 50);
    let mut open: Vec<TcpStream> = Vec::new();
    for number in 0..400 {
        open.push(connect(application.address()));
        if number % 40 == 0 {
            application.assert_responds();
        }
    }
    application.assert_responds();
    assert!(read_to_end(&mut open[0]).is_empty(), "the oldest was closed for a newer one");
    open.clear();
    application.assert_responds();
}

/// Hyper adds the limit to the present time, and panicked on each connection.
#[test]
fn limits_may_be_for_ever() {
    let application = start(|config| {
        (config.head_time_max, config.request_time_max) = (Duration::MAX, Duration::MAX);
        config.close_limit = Duration::MAX;
    });
    application.assert_responds();
    application.server.close();
}

#[test]
fn too_large_requests_are_refused() {
    let application = start(|_| ());
    let long_path = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(3_000));
    assert_eq!(send_request(application.address(), &long_path).status, 414);
    let long_body = "POST /live HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n";
    assert_eq!(send_request(application.address(), long_body).status, 413);
    // The connection of an endless head is closed. Whether the client gets the refusal depends on what it was sending.
    let mut endless = connect(application.address());
    endless.write_all(b"GET /live HTTP/1.1\r\n").unwrap();
    let sent = (0..10_000).take_while(|_| endless.write_all(&[b'x'; 1_000]).is_ok()).count();
    assert!(sent < 10_000, "ten megabytes of head were taken");
    application.assert_responds();
}

/// Pseudo-random numbers, the same in every run.
struct Numbers(u64);

impl Iterator for Numbers {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Some(self.0 >> 33)
    }
}

#[test]
fn garbage_causes_no_panic() {
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    std::panic::set_hook(Box::new(|_| {
        // Other tests run in parallel, on threads with other names.
        if std::thread::current().name() == Some("millstream-http") {
            PANICS.fetch_add(1, Ordering::SeqCst);
        }
    }));
    let application = start(|_| ());
    let starts: [&[u8]; 5] = [
        b"",
        b"GET /live HTTP/1.1\r\n",
        b"GET /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ];
    let mut numbers = Numbers(7);
    for round in 0..200 {
        let length = numbers.next().unwrap() % 600;
        let mut bytes = starts[round % starts.len()].to_vec();
        bytes.extend((&mut numbers).take(length as usize).map(|number| number as u8));
        let mut client = connect(application.address());
        // The server may refuse and close before it has read everything.
        _ = client.write_all(&bytes);
        _ = client.shutdown(Shutdown::Write);
        _ = client.read(&mut [0; 64]);
    }
    application.assert_responds();
    assert_eq!(PANICS.load(Ordering::SeqCst), 0);
}
