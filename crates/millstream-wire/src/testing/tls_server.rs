//! A server with TLS for tests.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rustls::server::{ServerConfig, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConnection, StreamOwned, SupportedProtocolVersion};

use super::certificates::{Authority, Issued};
use crate::security::provider;

/// A connection of the server.
pub(crate) type Served = StreamOwned<ServerConnection, TcpStream>;

/// How the server sets TLS up.
pub(crate) struct ServerTls<'a> {
    pub(crate) issued: &'a Issued,
    /// Whose client certificates it requires.
    pub(crate) clients: Option<&'a Authority>,
    pub(crate) versions: &'static [&'static SupportedProtocolVersion],
}

impl<'a> ServerTls<'a> {
    pub(crate) fn new(issued: &'a Issued) -> Self {
        Self { issued, clients: None, versions: rustls::ALL_VERSIONS }
    }

    fn config(&self) -> ServerConfig {
        let provider = provider().unwrap();
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_protocol_versions(self.versions).unwrap();
        let builder = match self.clients {
            None => builder.with_no_client_auth(),
            Some(clients) => {
                let mut roots = RootCertStore::empty();
                let certificate = rustls::pki_types::pem::PemObject::from_pem_slice(clients.pem().as_bytes()).unwrap();
                roots.add(certificate).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
                builder.with_client_cert_verifier(verifier)
            }
        };
        let (chain, key) = self.issued.der();
        builder.with_single_cert(chain, key).unwrap()
    }

    /// Serves one connection on a thread of its own. Returns the port.
    pub(crate) fn serve<T: Send + 'static>(
        &self,
        serve: impl FnOnce(&mut Served) -> T + Send + 'static,
    ) -> (u16, JoinHandle<T>) {
        let config = Arc::new(self.config());
        serve_plain(move |stream| {
            let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
            serve(&mut stream)
        })
    }
}

/// Serves one connection without TLS on a thread of its own. Returns the port.
pub(crate) fn serve_plain<T: Send + 'static>(
    serve: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (u16, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (port, thread::spawn(move || serve(listener.accept().unwrap().0)))
}

/// Sends everything back until the client closes. Returns whether it said so.
pub(crate) fn echo(stream: &mut impl ReadWrite) -> bool {
    let mut bytes = vec![0; 100_000];
    loop {
        match stream.read(&mut bytes) {
            Ok(0) => return true,
            Ok(read) if stream.write_all(&bytes[..read]).and_then(|()| stream.flush()).is_ok() => {}
            _ => return false,
        }
    }
}

pub(crate) trait ReadWrite: Read + Write {}

impl<T: Read + Write> ReadWrite for T {}
