//! What is reported when a connection cannot use TLS.

use super::*;
use crate::security::Identity;
use crate::testing::certificates::{self, Issued};
use crate::testing::tls_server::{ServerTls, echo, serve_plain};

/// Whether a retry could succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Retry {
    Useless,
    Useful,
}

/// Connects, sends a byte and awaits it, since a client learns only after the handshake that its certificate is refused.
fn attempt(port: u16, tls: TlsSettings) -> Result<(), LinkError> {
    let mut stream = connect(port, tls)?;
    let mut byte = [7];
    stream.write_all(&byte)?;
    stream.read_exact(&mut byte)?;
    Ok(())
}

#[track_caller]
fn check(result: Result<(), LinkError>, retry: Retry, text: &str) {
    let error = result.unwrap_err();
    assert!(error.to_string().contains(text), "`{error}` should contain `{text}`");
    assert_eq!(error.is_final(), retry == Retry::Useless, "{error}");
}

#[test]
fn certificates_of_brokers() {
    let (authority, stranger) = (Authority::new("ours"), Authority::new("another"));
    let cases: [(Issued, &str); 7] = [
        (authority.server(&["127.0.0.1"]), ""),
        (authority.server_in(2020, 2021), "has expired; renew it at the broker"),
        (authority.server_in(4000, 4001), "is not valid yet; set this machine's clock"),
        (
            stranger.server(&["127.0.0.1"]),
            "its authority is not trusted; add the certificate of its authority to `ssl.ca.location`",
        ),
        (
            authority.server(&["a.example", "b.example"]),
            "it is for `a.example`, `b.example`, not for `127.0.0.1`; connect by",
        ),
        (authority.client("127.0.0.1"), "it is not for servers; issue one with"),
        (authority.authority(), "it is that of an authority; have the authority issue one for the broker"),
    ];
    for (issued, text) in cases {
        let (port, server) = ServerTls::new(&issued).serve(echo);
        let result = attempt(port, trusting(&authority));
        match text {
            "" => result.unwrap(),
            text => check(result, Retry::Useless, text),
        }
        server.join().unwrap();
    }
}

#[test]
fn a_certificate_that_no_authority_has_signed_is_trusted_if_it_is_named() {
    let (authority, issued) = (Authority::new("ours"), certificates::self_signed());
    let (port, _server) = ServerTls::new(&issued).serve(echo);
    let pems = [authority.pem(), issued.certificate.clone()].map(|pem| Pem::Text(pem.into()));
    let tls = TlsSettings { authorities: Authorities::Own(pems.to_vec()), ..TlsSettings::default() };
    attempt(port, tls).unwrap();
}

#[test]
fn less_can_be_verified() {
    let (authority, stranger) = (Authority::new("ours"), Authority::new("another"));
    let other_name = authority.server(&["other.example"]);
    let expired = authority.server_in(2020, 2021);
    let strange = stranger.server(&["127.0.0.1"]);
    let cases = [
        (&other_name, Verification::WithoutHostName, ""),
        (&expired, Verification::WithoutHostName, "has expired"),
        (&strange, Verification::WithoutHostName, "authority is not trusted"),
        (&other_name, Verification::Nothing, ""),
        (&expired, Verification::Nothing, ""),
        (&strange, Verification::Nothing, ""),
    ];
    for versions in VERSIONS {
        for (issued, verification, text) in cases {
            let (port, _server) = ServerTls { versions, ..ServerTls::new(issued) }.serve(echo);
            let result = attempt(port, TlsSettings { verification, ..trusting(&authority) });
            match text {
                "" => result.unwrap(),
                text => check(result, Retry::Useless, text),
            }
        }
    }
}

fn identity(issued: &Issued) -> Option<Identity> {
    let (certificate, key) = (issued.certificate.as_str().into(), issued.key.as_str().into());
    Some(Identity { certificate: Pem::Text(certificate), key: Pem::Text(key), key_password: None })
}

#[test]
fn client_certificates() {
    let (authority, stranger) = (Authority::new("ours"), Authority::new("another"));
    let issued = authority.server(&["127.0.0.1"]);
    let cases = [
        (identity(&authority.client("c")), ""),
        (None, "it requires a client certificate; set `ssl.certificate.location`"),
        (identity(&stranger.client("c")), "it does not trust the authority of the client certificate"),
    ];
    for (identity, text) in cases {
        let server = ServerTls { clients: Some(&authority), ..ServerTls::new(&issued) };
        let (port, _server) = server.serve(echo);
        let result = attempt(port, TlsSettings { identity, ..trusting(&authority) });
        match text {
            "" => result.unwrap(),
            text => check(result, Retry::Useless, text),
        }
    }
}

#[test]
fn the_refusal_of_a_certificate_is_reported_to_a_client_that_is_sending() {
    let authority = Authority::new("ours");
    let issued = authority.server(&["127.0.0.1"]);
    let server = ServerTls { clients: Some(&authority), versions: VERSIONS[1], ..ServerTls::new(&issued) };
    let (port, server) = server.serve(echo);
    let mut stream = connect(port, trusting(&authority)).unwrap();
    server.join().unwrap();
    let error = std::iter::repeat_with(|| stream.write_all(&[7; 1_000])).find_map(Result::err).unwrap();
    check(Err(error.into()), Retry::Useless, "it requires a client certificate");
}

#[test]
fn servers_without_tls() {
    let cases: [(&[u8], Retry, &str); 6] = [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Retry::Useful, "the listener does not use TLS"),
        (&[0, 0, 0, 10, 0, 0, 0, 1], Retry::Useful, "the listener does not use TLS"),
        (&[0x15, 3, 3, 0, 2, 2, 70], Retry::Useless, "it accepts neither TLS 1.2 nor 1.3"),
        (&[0x15, 3, 3, 0, 2, 2, 40], Retry::Useless, "no common cipher suite"),
        (&[0x15, 3, 3, 0, 2, 2, 80], Retry::Useful, "with the alert InternalError"),
        (&[], Retry::Useful, "if this persists, it is a plaintext listener: connect to a port of a listener with SSL"),
    ];
    let authority = Authority::new("ours");
    for (answer, retry, text) in cases {
        let (port, server) = serve_plain(move |mut stream| {
            let _hello = stream.read(&mut [0; 4096]).unwrap();
            stream.write_all(answer).unwrap();
        });
        check(attempt(port, trusting(&authority)), retry, text);
        server.join().unwrap();
    }
}

#[test]
fn a_handshake_has_a_time_limit() {
    let authority = Authority::new("ours");
    let within = Duration::from_millis(200);
    // Nothing, and a byte now and then, which does not extend it.
    for drops in [0, 1_000] {
        let (port, server) = serve_plain(move |mut stream| {
            let beginning = [0x16, 3, 3, 0x40, 0].into_iter().chain(std::iter::repeat(0)).take(drops);
            for byte in beginning {
                std::thread::sleep(within / 10);
                if stream.write_all(&[byte]).is_err() {
                    return;
                }
            }
            // Until the client closes.
            while stream.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {}
        });
        let begin = now();
        let result = connect_as("127.0.0.1", port, trusting(&authority), within).map(drop);
        check(result, Retry::Useful, "the TLS handshake was not finished in time");
        assert!(now() - begin >= within);
        server.join().unwrap();
    }
}

#[test]
fn hosts_without_a_name() {
    let authority = Authority::new("ours");
    let (port, _server) = serve_plain(drop);
    let result = connect_as("a b", port, trusting(&authority), PATIENCE).map(drop);
    check(result, Retry::Useless, "`a b` is not the name of a host; check `bootstrap.servers`");
}
