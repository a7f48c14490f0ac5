//! The threads of the brokers.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use super::requests::{self, Request};
use super::script::{Fault, Script, Shared};

/// Opens a broker's port.
pub(super) fn listen(broker: i32, shared: &Arc<Shared>) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let shared = Arc::clone(shared);
    thread::spawn(move || {
        for stream in listener.incoming().map(Result::unwrap) {
            if shared.script.lock().unwrap().is_over {
                break;
            }
            let shared = Arc::clone(&shared);
            thread::spawn(move || serve(broker, stream, &shared));
        }
    });
    port
}

fn serve(broker: i32, mut stream: TcpStream, shared: &Shared) {
    {
        let mut script = shared.script.lock().unwrap();
        *script.opened.entry(broker).or_default() += 1;
        *script.open.entry(broker).or_default() += 1;
    }
    stream.set_nodelay(true).unwrap();
    // Its end is how a test sees that a connection is gone.
    let _end = respond_to_all(broker, &mut stream, shared);
    *shared.script.lock().unwrap().open.get_mut(&broker).unwrap() -= 1;
}

fn respond_to_all(broker: i32, stream: &mut TcpStream, shared: &Shared) -> io::Result<()> {
    loop {
        let mut size = [0; 4];
        stream.read_exact(&mut size)?;
        let mut frame = vec![0; i32::from_be_bytes(size) as usize];
        stream.read_exact(&mut frame)?;
        let (kind, correlation, request) = requests::read(&frame);
        let waiting = || is_there(stream);
        let (response, fault) = wait_for_response(broker, kind, correlation, &request, shared, &waiting)?;
        send(stream, response, fault)?;
    }
}

/// A fetch request waits for records as long as it may, and every response waits while it is held.
fn wait_for_response(
    broker: i32,
    kind: i16,
    correlation: i32,
    request: &Request,
    shared: &Shared,
    is_there: &dyn Fn() -> io::Result<()>,
) -> io::Result<(Vec<u8>, Option<Fault>)> {
    let (mut script, key) = (shared.script.lock().unwrap(), (broker, kind));
    script.note(broker, request);
    if script.faults.get(&key) == Some(&Fault::Dropped) {
        script.faults.remove(&key);
        return Err(io::ErrorKind::ConnectionAborted.into());
    }
    if let Request::Fetch(fetch) = request {
        let until = Instant::now() + Duration::from_millis(fetch.wait_max_ms as u64);
        let is_due = |script: &Script| script.has_news(broker, fetch) || Instant::now() >= until;
        script = wait_until(script, shared, is_there, is_due)?;
    }
    let response = script.response(broker, correlation, request);
    if matches!(request, Request::Fetch(_)) {
        script.response_bytes.push(response.len());
    }
    let is_due = |script: &Script| script.faults.get(&key) != Some(&Fault::Held) || script.is_over;
    script = wait_until(script, shared, is_there, is_due)?;
    let fault = script.faults.get(&key).cloned();
    if matches!(fault, Some(Fault::CutAt(_))) {
        script.faults.remove(&key);
    }
    Ok((response, fault))
}

impl Script {
    fn note(&mut self, broker: i32, request: &Request) {
        match request {
            Request::ApiVersions | Request::SaslHandshake(_) | Request::SaslAuthenticate(_) => {}
            Request::Metadata(_) => self.lookups += 1,
            Request::Fetch(fetch) => self.fetches.push((broker, fetch.clone())),
            Request::Produce(produce) => self.produces.push((broker, produce.clone())),
            Request::InitProducerId => self.producer_id_requests += 1,
        }
    }
}

/// The client may close the connection before the response.
fn is_there(stream: &TcpStream) -> io::Result<()> {
    stream.set_nonblocking(true)?;
    let peeked = stream.peek(&mut [0]);
    stream.set_nonblocking(false)?;
    match peeked {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(error),
        Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
        Ok(_) => panic!("a request before the last one has a response"),
    }
}

fn wait_until<'a>(
    mut script: MutexGuard<'a, Script>,
    shared: &'a Shared,
    is_there: &dyn Fn() -> io::Result<()>,
    is_due: impl Fn(&Script) -> bool,
) -> io::Result<MutexGuard<'a, Script>> {
    while !is_due(&script) {
        script = shared.changed.wait_timeout(script, Duration::from_millis(5)).unwrap().0;
        is_there()?;
    }
    Ok(script)
}

fn send(stream: &mut TcpStream, mut response: Vec<u8>, fault: Option<Fault>) -> io::Result<()> {
    match fault {
        // One that drops came too late for this request.
        None | Some(Fault::Held | Fault::Dropped) => stream.write_all(&response),
        Some(Fault::ByteByByte) => response.iter().try_for_each(|byte| stream.write_all(&[*byte])),
        Some(Fault::WrongCorrelation) => {
            response[7] ^= 1;
            stream.write_all(&response)
        }
        Some(Fault::CutAt(length)) => {
            stream.write_all(&response[..length])?;
            Err(io::ErrorKind::ConnectionAborted.into())
        }
        Some(Fault::Instead(bytes)) => {
            stream.write_all(&bytes)?;
            Err(io::ErrorKind::ConnectionAborted.into())
        }
    }
}
