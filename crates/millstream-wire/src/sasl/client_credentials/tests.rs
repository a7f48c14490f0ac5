//! Token requests to a server in this process.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::io::{Read, Write};

use super::*;
use crate::testing::certificates::Authority;
use crate::testing::tls_server::{ServerTls, serve_plain};

fn credentials(endpoint: String, authorities: Authorities) -> ClientCredentials {
    let (client_id, client_secret) = ("cou:nts".to_owned(), "s3 cret".into());
    ClientCredentials { endpoint, client_id, client_secret, scope: Some("a b".to_owned()), authorities }
}

/// Reads a request and responds to it.
fn respond(stream: &mut (impl Read + Write), response: &str) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"scope=a%20b") {
        let mut bytes = [0; 4096];
        let read = stream.read(&mut bytes).unwrap();
        assert!(read > 0, "{}", String::from_utf8_lossy(&request));
        request.extend_from_slice(&bytes[..read]);
    }
    stream.write_all(response.as_bytes()).unwrap();
    stream.flush().unwrap();
    String::from_utf8(request).unwrap()
}

fn response(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

#[test]
fn a_token_is_requested_over_tls() {
    let authority = Authority::new("ours");
    let issued = authority.server(&["127.0.0.1"]);
    let body = response("200 OK", r#"{"access_token":"t0ken","token_type":"Bearer","expires_in":300}"#);
    let (port, server) = ServerTls::new(&issued).serve(move |stream| respond(stream, &body));
    let authorities = Authorities::Own(vec![Pem::Text(authority.pem().into())]);
    let token = credentials(format!("https://127.0.0.1:{port}/token"), authorities).token().unwrap();
    assert_eq!((token.text.reveal(), token.life), ("t0ken", Some(Duration::from_secs(300))));
    let request = server.join().unwrap();
    // Base64 of `cou%3Ants:s3%20cret`.
    assert!(request.contains("Y291JTNBbnRzOnMzJTIwY3JldA=="), "{request}");
    assert!(request.ends_with("\r\n\r\ngrant_type=client_credentials&scope=a%20b"), "{request}");
}

#[test]
fn what_servers_refuse_is_reported_without_the_secret() {
    let cases = [
        (
            response("401 Unauthorized", r#"{"error":"invalid_client","error_description":"no such"}"#),
            "status 401 (invalid_client: no such); check",
        ),
        (response("500 Oh", "oh"), "refuses with status 500 ()"),
        (response("302 Found", ""), "refuses with status 302 ()"),
        (response("200 OK", "<html>"), "without an `access_token`; check the URL"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".to_owned(), "responds, but not completely"),
        ("SSH-2.0\r\n".to_owned(), "cannot be reached"),
    ];
    for (response, text) in cases {
        let (port, server) = serve_plain(move |mut stream| respond(&mut stream, &response));
        let endpoint = format!("http://127.0.0.1:{port}/token");
        let why = credentials(endpoint.clone(), Authorities::Public).token().unwrap_err();
        assert!(why.contains(text) && why.contains(&endpoint) && !why.contains("s3"), "{why}");
        server.join().unwrap();
    }
}

#[test]
fn a_server_whose_authority_is_unknown_gets_nothing() {
    let issued = Authority::new("another").server(&["127.0.0.1"]);
    let (port, server) = ServerTls::new(&issued).serve(|stream| stream.read(&mut [0; 99]).is_err());
    let authorities = Authorities::Own(vec![Pem::Text(Authority::new("ours").pem().into())]);
    let why = credentials(format!("https://127.0.0.1:{port}/"), authorities).token().unwrap_err();
    assert!(why.contains("cannot be reached") && why.contains("UnknownIssuer"), "{why}");
    assert!(server.join().unwrap());
}
