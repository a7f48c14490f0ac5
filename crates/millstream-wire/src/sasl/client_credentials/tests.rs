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

/// A server that writes the life of a token as a text was asked for a token by each connection.
#[test]
fn the_life_of_a_token_may_be_a_text_or_a_fraction() {
    let life = |expires_in: &str| {
        let body = format!(r#"{{"access_token":"t","expires_in":{expires_in}}}"#);
        token_of(200, &serde_json::from_str(&body).unwrap()).unwrap().life
    };
    for (expires_in, seconds) in [("300", 300.0), (r#""3600""#, 3600.0), ("59.5", 59.5), ("0", 0.0)] {
        assert_eq!(life(expires_in), Some(Duration::from_secs_f64(seconds)), "{expires_in}");
    }
    for unknown in ["null", r#""soon""#, "-5", "1e300", "[]"] {
        assert_eq!(life(unknown), None, "{unknown}");
    }
}

/// Reports of an unreachable server showed the user and the password that stood in its URL.
#[test]
fn secrets_in_the_url_are_not_shown() {
    let url = "http://me:s3cret@127.0.0.1:1/token?key=s3cret#s3cret";
    let credentials = credentials(url.to_owned(), Authorities::Public);
    let (why, debug) = (credentials.token().unwrap_err(), format!("{credentials:?}"));
    assert!(why.contains("`http://127.0.0.1:1/token`") && !why.contains("s3cret"), "{why}");
    assert!(!debug.contains("s3cret"), "{debug}");
}

#[test]
fn an_endpoint_that_is_no_url_is_refused() {
    let check = |url: &str| credentials(url.to_owned(), Authorities::Public).check();
    assert!(check("https://login.example/token").is_ok() && check("http://[::1]:80/token").is_ok());
    for url in ["not a url", "ftp://x/", "login.example/token", "https://", "s3cret@login.example"] {
        let why = check(url).unwrap_err();
        assert!(why.contains("begins with `https://`") && !why.contains("s3cret"), "{why}");
    }
}
