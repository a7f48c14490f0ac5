//! The threads of the brokers.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use super::calls::{Call, Served};
use super::codes::METADATA;
use super::random::Random;
use super::requests::{self, Request};
use super::responses;
use super::script::{Fault, Script, Shared};

/// Opens a broker's port.
pub(super) fn listen(broker: i32, shared: &Arc<Shared>) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let shared = Arc::clone(shared);
    thread::spawn(move || {
        for stream in listener.incoming().map(Result::unwrap) {
            let script = shared.script.lock().unwrap();
            if script.is_over || script.ports.get(&broker).is_some_and(|current| *current != port) {
                break;
            }
            drop(script);
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
        script.streams.push((broker, stream.try_clone().unwrap()));
    }
    stream.set_nodelay(true).unwrap();
    // Its end is how a test sees that a connection is gone.
    let _end = respond_to_all(broker, &mut stream, shared);
    let _closed = stream.shutdown(Shutdown::Both);
    *shared.script.lock().unwrap().open.get_mut(&broker).unwrap() -= 1;
}

fn respond_to_all(broker: i32, stream: &mut TcpStream, shared: &Shared) -> io::Result<()> {
    loop {
        let mut size = [0; 4];
        stream.read_exact(&mut size)?;
        let mut frame = vec![0; i32::from_be_bytes(size) as usize];
        stream.read_exact(&mut frame)?;
        let (kind, correlation, mut request) = requests::read(broker, &frame);
        let error = match &mut request {
            Request::Fetch(fetch) => shared.script.lock().unwrap().complete(fetch),
            _ => 0,
        };
        if error != 0 {
            stream.write_all(&responses::fetch_error(correlation, error))?;
            continue;
        }
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
        script = wait_until(script, kind, shared, is_there, is_due)?;
    }
    let response = match request {
        Request::Call(call) => {
            let response;
            (script, response) = serve_call(script, call, correlation, shared, is_there)?;
            response
        }
        _ => script.response(broker, correlation, request),
    };
    script.last_bytes.insert(kind, response.len());
    if matches!(request, Request::Fetch(_)) {
        script.response_bytes.push(response.len());
    }
    let is_due = |script: &Script| script.faults.get(&key) != Some(&Fault::Held) || script.is_over;
    script = wait_until(script, kind, shared, is_there, is_due)?;
    let mut fault = script.faults.get(&key).cloned();
    if let Some(Fault::Mutated(seed)) = &mut fault {
        script.mutations += 1;
        *seed = seed.wrapping_mul(1_000_003) ^ script.mutations;
    }
    if matches!(fault, Some(Fault::CutAt(_))) {
        script.faults.remove(&key);
    }
    Ok((response, fault))
}

/// Carries out a call, and waits for its response where the API does.
fn serve_call<'a>(
    mut script: MutexGuard<'a, Script>,
    call: &Call,
    correlation: i32,
    shared: &'a Shared,
    is_there: &dyn Fn() -> io::Result<()>,
) -> io::Result<(MutexGuard<'a, Script>, Vec<u8>)> {
    let served = script.call(call, correlation);
    // It may have answered requests that waited.
    shared.changed.notify_all();
    let ticket = match served {
        Served::Now(response) => return Ok((script, response)),
        Served::Later(ticket) => ticket,
    };
    let is_due = |script: &Script| script.calls.has_answer(ticket) || script.is_over;
    script = wait_until(script, call.api, shared, is_there, is_due)?;
    let response = script.calls.answered(ticket, call, correlation).ok_or(io::ErrorKind::ConnectionAborted)?;
    Ok((script, response))
}

impl Script {
    fn note(&mut self, broker: i32, request: &Request) {
        match request {
            Request::ApiVersions | Request::SaslHandshake(_) | Request::SaslAuthenticate(_) => {}
            Request::Fetch(fetch) => self.fetches.push((broker, fetch.clone())),
            Request::Produce(produce) => self.produces.push((broker, produce.clone())),
            Request::InitProducerId => self.producer_id_requests += 1,
            Request::Call(call) => {
                self.lookups += usize::from(call.api == METADATA);
                self.calls.requests.push(call.clone());
            }
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
    kind: i16,
    shared: &'a Shared,
    is_there: &dyn Fn() -> io::Result<()>,
    is_due: impl Fn(&Script) -> bool,
) -> io::Result<MutexGuard<'a, Script>> {
    let mut is_gone = Ok(());
    *script.calls.waiting.entry(kind).or_default() += 1;
    while !is_due(&script) && is_gone.is_ok() {
        script = shared.changed.wait_timeout(script, Duration::from_millis(5)).unwrap().0;
        is_gone = is_there();
    }
    *script.calls.waiting.entry(kind).or_default() -= 1;
    is_gone.map(|()| script)
}

fn send(stream: &mut TcpStream, mut response: Vec<u8>, fault: Option<Fault>) -> io::Result<()> {
    match fault {
        // One that drops came too late for this request.
        None | Some(Fault::Held | Fault::Dropped) => stream.write_all(&response),
        Some(Fault::Mutated(seed)) => stream.write_all(&mutated(response, seed)),
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

/// The response with some bytes behind its correlation id changed, and its end perhaps cut. Its size is right.
fn mutated(mut response: Vec<u8>, seed: u64) -> Vec<u8> {
    const BODY: usize = 8;
    let mut random = Random(seed);
    for _ in 0..=random.below(3) {
        let at = BODY + random.below((response.len() - BODY).max(1));
        if let Some(byte) = response.get_mut(at) {
            *byte = [0, 1, 0x7f, 0x80, 0xff, random.below(256) as u8][random.below(6)];
        }
    }
    if random.below(4) == 0 {
        response.truncate(BODY + random.below((response.len() - BODY).max(1)));
    }
    let size = (response.len() - 4) as i32;
    response[..4].copy_from_slice(&size.to_be_bytes());
    response
}
