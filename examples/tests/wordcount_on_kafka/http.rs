//! The word count's HTTP server.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use super::check_refused;
use super::copy::eventually;
use super::place::Place;

/// An address that is free, below the ports that the system hands to clients: none takes it before the program listens.
fn free_address() -> String {
    let port = |number: u32| 10_000 + (std::process::id() + number * 7) % 10_000;
    let mut candidates = (0..1_000).map(|number| format!("127.0.0.1:{}", port(number)));
    candidates.find(|address| TcpListener::bind(address).is_ok()).unwrap()
}

/// The status and the body of a response; `None` while there is no server.
fn get(address: &str, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    Some((head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned()))
}

#[test]
fn it_answers_how_it_is() {
    let place = Place::new("health");
    place.feed("text", 1_000);
    let address = free_address();
    let copy = place.start(&["--listen", &address]);
    let (_, state) = eventually("it responds", || get(&address, "/live").filter(|(status, _)| *status == 200));
    assert!(["created\n", "rebalancing\n", "running\n"].contains(&state.as_str()), "{state}");
    eventually("it is ready", || get(&address, "/ready").filter(|ready| *ready == (200, "running\n".to_owned())));
    let of_store = "millstream_store_entries{application=\"health\",task=\"1_0\",store=\"word-counts\"} ";
    eventually("the metrics have the store", || get(&address, "/metrics").filter(|(_, text)| text.contains(of_store)));
    assert_eq!(get(&address, "/").unwrap().0, 404);
    check_refused(&mut place.command(&["--listen", &address]), 1, &["cannot listen on", &address]);
    copy.stop("-TERM");
}
