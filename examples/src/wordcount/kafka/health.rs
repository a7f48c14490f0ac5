//! Answers by HTTP how the application is: to a platform that starts and stops it, and to Prometheus.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Weak;
use std::thread;
use std::time::Duration;

use millstream::StreamsHandle;
use millstream::events::State;

use super::super::WordCountError;

/// Who asks and does not go on for so long is left alone.
const PATIENCE: Duration = Duration::from_secs(2);

/// No request that is meant for this is longer.
const REQUEST_BYTES_MAX: u64 = 16 * 1024;

/// Answers on this address as long as the process lives, on a thread of its own:
///
/// | path | status |
/// |---|---|
/// | `/live` | 200; 503 once the application has ended |
/// | `/ready` | 200 while it is running: it has its partitions, and their state; else 503 |
/// | `/metrics` | 200, with the metrics in Prometheus' format |
///
/// # Errors
/// When the address is taken, or the system gives no thread.
pub(super) fn serve(address: SocketAddr, streams: Weak<StreamsHandle>) -> Result<(), WordCountError> {
    let listener = TcpListener::bind(address).map_err(|source| WordCountError::Listen { address, source })?;
    let answer_all = move || {
        for asker in listener.incoming() {
            // Whoever went away needs no answer.
            _ = asker.and_then(|asker| answer(asker, &streams));
        }
    };
    thread::Builder::new()
        .name("wordcount-health".to_owned())
        .spawn(answer_all)
        .map(drop)
        .map_err(WordCountError::Thread)
}

fn answer(mut asker: TcpStream, streams: &Weak<StreamsHandle>) -> io::Result<()> {
    asker.set_read_timeout(Some(PATIENCE))?;
    asker.set_write_timeout(Some(PATIENCE))?;
    // To its empty line: what is left unread when the connection closes would make the answer a reset.
    let lines = BufReader::new(Read::by_ref(&mut asker).take(REQUEST_BYTES_MAX)).lines();
    let request =
        lines.take_while(|line| !line.as_ref().is_ok_and(String::is_empty)).collect::<io::Result<Vec<_>>>()?;
    let path = request.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
    let (status, body) = respond(path, streams);
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    );
    asker.write_all(answer.as_bytes())
}

fn respond(path: &str, streams: &Weak<StreamsHandle>) -> (&'static str, String) {
    let streams = streams.upgrade();
    let state = streams.as_ref().map_or(State::Closed, |streams| streams.state());
    let only_if = |is_good: bool| (if is_good { "200 OK" } else { "503 Service Unavailable" }, format!("{state}\n"));
    match (path, streams) {
        ("/live", _) => only_if(!matches!(state, State::Closed | State::Error)),
        ("/ready", _) => only_if(state == State::Running),
        ("/metrics", Some(streams)) => ("200 OK", streams.metrics().to_prometheus()),
        ("/metrics", None) => only_if(false),
        _ => ("404 Not Found", "ask for /live, /ready or /metrics\n".to_owned()),
    }
}
