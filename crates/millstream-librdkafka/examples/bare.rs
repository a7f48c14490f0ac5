//! The baseline of `benches/compare`: reads a topic through librdkafka with timestamps and headers, drops the records or writes
//! them to another topic, and commits, in one loop over C functions.
//!
//! It takes the arguments of that program's contenders, as pairs of `--name value`, and runs until its standard input ends.
#![allow(unsafe_code, reason = "C functions and nothing else are what is measured here")]
#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a program with its own loop")]

use std::collections::HashMap;
use std::ffi::{CStr, CString, c_void};
use std::io::Read;
use std::ptr;
use std::time::{Duration, Instant};

use rdkafka_sys as sys;
use sys::rd_kafka_vtype_t as Kind;
use sys::rd_kafka_vu_s__bindgen_ty_1 as Value;

/// The most records that are taken from a partition at once.
const BATCH: usize = 1_000;

/// The time-out of the request for the number of partitions.
const REPORTED_WITHIN_MS: i32 = 10_000;

/// How long a commit may wait for acknowledgements.
const FLUSH_MS: i32 = 60_000;

// SAFETY: librdkafka's handles may be used from any thread, and only the one that runs the loop has these.
unsafe impl Send for Source {}
// SAFETY: as above.
unsafe impl Send for Sink {}

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// A record's headers; null if there are none. Their owner passes them on or destroys them.
type Headers = *mut sys::rd_kafka_headers_t;

/// A consumer of all partitions, each with its own queue.
struct Source {
    client: *mut sys::rd_kafka_t,
    queues: Vec<*mut sys::rd_kafka_queue_t>,
    positions: *mut sys::rd_kafka_topic_partition_list_t,
    messages: Vec<*mut sys::rd_kafka_message_t>,
}

/// A producer for one topic.
struct Sink {
    client: *mut sys::rd_kafka_t,
    topic: *mut sys::rd_kafka_topic_t,
}

/// Creates a client with these settings.
fn client(kind: sys::rd_kafka_type_t, settings: &[(&str, &str)]) -> Outcome<*mut sys::rd_kafka_t> {
    let mut text = [0; 512];
    // SAFETY: names and values end with NUL, the text is as long as given, the configuration is handed over.
    unsafe {
        let config = sys::rd_kafka_conf_new();
        for (name, value) in settings {
            let (name, value) = (CString::new(*name)?, CString::new(*value)?);
            let set = sys::rd_kafka_conf_set(config, name.as_ptr(), value.as_ptr(), text.as_mut_ptr(), text.len());
            if set != sys::rd_kafka_conf_res_t::RD_KAFKA_CONF_OK {
                return Err(CStr::from_ptr(text.as_ptr()).to_string_lossy().into());
            }
        }
        if kind == sys::rd_kafka_type_t::RD_KAFKA_PRODUCER {
            sys::rd_kafka_conf_set_dr_msg_cb(config, Some(delivered));
        }
        let client = sys::rd_kafka_new(kind, config, text.as_mut_ptr(), text.len());
        if client.is_null() { Err(CStr::from_ptr(text.as_ptr()).to_string_lossy().into()) } else { Ok(client) }
    }
}

/// How many partitions a topic has.
fn partitions(client: *mut sys::rd_kafka_t, topic: &CStr) -> Outcome<i32> {
    let mut metadata = ptr::null();
    // SAFETY: the client is alive and the name ends with NUL; the response has the requested topic, and is
    // destroyed once.
    unsafe {
        let topic = sys::rd_kafka_topic_new(client, topic.as_ptr(), ptr::null_mut());
        let error = sys::rd_kafka_metadata(client, 0, topic, &raw mut metadata, REPORTED_WITHIN_MS);
        sys::rd_kafka_topic_destroy(topic);
        if error != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
            return Err(format!("the topic's partitions are unknown: {error:?}").into());
        }
        let count = (*(*metadata).topics).partition_cnt;
        sys::rd_kafka_metadata_destroy(metadata);
        Ok(count)
    }
}

/// The callback for delivery reports of records that were not written.
unsafe extern "C" fn delivered(_: *mut sys::rd_kafka_t, message: *const sys::rd_kafka_message_t, _: *mut c_void) {
    // SAFETY: the message is alive during the callback.
    let error = unsafe { (*message).err };
    if error != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
        eprintln!("bare: a record was not delivered: {error:?}");
        std::process::abort();
    }
}

/// The timestamp and headers of a record. A stream cannot leave them out, since any operator may read them.
fn time_and_headers(message: *mut sys::rd_kafka_message_t) -> (i64, Headers) {
    let (mut time_kind, mut headers) =
        (sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE, ptr::null_mut());
    // SAFETY: the message is alive; the headers are the caller's once they are detached.
    unsafe {
        let timestamp = sys::rd_kafka_message_timestamp(message, &raw mut time_kind);
        sys::rd_kafka_message_detach_headers(message, &raw mut headers);
        (timestamp, headers)
    }
}

/// Destroys the headers of a record that is not passed on.
fn drop_headers(headers: Headers) {
    if !headers.is_null() {
        // SAFETY: they were detached from their message and are not used elsewhere.
        unsafe { sys::rd_kafka_headers_destroy(headers) };
    }
}

impl Source {
    fn new(bootstrap: &str, group: &str, topic: &str) -> Outcome<Self> {
        let client = client(
            sys::rd_kafka_type_t::RD_KAFKA_CONSUMER,
            &[
                ("bootstrap.servers", bootstrap),
                ("group.id", group),
                ("enable.auto.commit", "false"),
                ("enable.auto.offset.store", "false"),
                ("auto.offset.reset", "earliest"),
                ("fetch.queue.backoff.ms", "1"),
                ("queued.min.messages", "5000"),
                ("fetch.message.max.bytes", "262144"),
                ("queued.max.messages.kbytes", "8192"),
            ],
        )?;
        let topic = CString::new(topic)?;
        let partitions = partitions(client, &topic)?;
        // SAFETY: client, list and queues are alive for as long as the process; the name ends with NUL.
        unsafe {
            sys::rd_kafka_poll_set_consumer(client);
            let positions = sys::rd_kafka_topic_partition_list_new(partitions);
            let queue = |number| {
                let place = sys::rd_kafka_topic_partition_list_add(positions, topic.as_ptr(), number);
                (*place).offset = i64::from(sys::RD_KAFKA_OFFSET_BEGINNING);
                let queue = sys::rd_kafka_queue_get_partition(client, topic.as_ptr(), number);
                sys::rd_kafka_queue_forward(queue, ptr::null_mut());
                queue
            };
            let queues = (0..partitions).map(queue).collect();
            sys::rd_kafka_assign(client, positions);
            Ok(Self { client, queues, positions, messages: vec![ptr::null_mut(); BATCH] })
        }
    }

    /// Calls `each` with every record that has arrived; returns their number.
    fn sweep(&mut self, mut each: impl FnMut(*mut sys::rd_kafka_message_t)) -> usize {
        let mut count = 0;
        for (number, queue) in self.queues.iter().enumerate() {
            // SAFETY: the queue is alive and there is room for a batch; messages are alive until they are destroyed,
            // once; the list has a place for every partition.
            unsafe {
                let taken = sys::rd_kafka_consume_batch_queue(*queue, 0, self.messages.as_mut_ptr(), BATCH);
                let taken = usize::try_from(taken).unwrap_or(0);
                for &message in &self.messages[..taken] {
                    if (*message).err == sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
                        (*(*self.positions).elems.add(number)).offset = (*message).offset + 1;
                        each(message);
                    }
                    sys::rd_kafka_message_destroy(message);
                }
                count += taken;
            }
        }
        // SAFETY: the client is alive; its queue has only errors, which librdkafka handles itself.
        unsafe {
            let message = sys::rd_kafka_consumer_poll(self.client, 0);
            if !message.is_null() {
                sys::rd_kafka_message_destroy(message);
            }
        }
        count
    }

    fn commit(&self) {
        // SAFETY: client and list are alive; the list is copied.
        unsafe { sys::rd_kafka_commit(self.client, self.positions, 1) };
    }
}

impl Sink {
    fn new(bootstrap: &str, topic: &str, linger_ms: &str) -> Outcome<Self> {
        let client = client(
            sys::rd_kafka_type_t::RD_KAFKA_PRODUCER,
            &[
                ("bootstrap.servers", bootstrap),
                ("enable.idempotence", "true"),
                ("linger.ms", linger_ms),
                ("message.timeout.ms", "0"),
                ("queue.buffering.max.messages", "100000"),
                ("queue.buffering.max.kbytes", "32768"),
                ("delivery.report.only.error", "true"),
            ],
        )?;
        let name = CString::new(topic)?;
        // SAFETY: the client is alive and the name ends with NUL.
        let topic = unsafe { sys::rd_kafka_topic_new(client, name.as_ptr(), ptr::null_mut()) };
        Ok(Self { client, topic })
    }

    /// Writes a record to the same partition of the sink, with its timestamp and headers; waits while the buffer is full.
    fn pass_on(&self, message: *mut sys::rd_kafka_message_t, (timestamp, headers): (i64, Headers)) {
        // SAFETY: client, topic and message are alive; key and value are copied before the call returns; the headers
        // are handed over by the call that succeeds.
        unsafe {
            let message = &*message;
            let memory = |ptr, size| Value { mem: sys::rd_kafka_vu_s__bindgen_ty_1__bindgen_ty_1 { ptr, size } };
            let field = |vtype, u| sys::rd_kafka_vu_t { vtype, u };
            let fields = [
                field(Kind::RD_KAFKA_VTYPE_RKT, Value { rkt: self.topic }),
                field(Kind::RD_KAFKA_VTYPE_PARTITION, Value { i32_: message.partition }),
                field(Kind::RD_KAFKA_VTYPE_MSGFLAGS, Value { i: sys::RD_KAFKA_MSG_F_COPY }),
                field(Kind::RD_KAFKA_VTYPE_TIMESTAMP, Value { i64_: timestamp }),
                field(Kind::RD_KAFKA_VTYPE_KEY, memory(message.key, message.key_len)),
                field(Kind::RD_KAFKA_VTYPE_VALUE, memory(message.payload, message.len)),
                field(Kind::RD_KAFKA_VTYPE_HEADERS, Value { headers }),
            ];
            let count = fields.len() - usize::from(headers.is_null());
            loop {
                let error = sys::rd_kafka_produceva(self.client, fields.as_ptr(), count);
                if error.is_null() {
                    return;
                }
                let code = sys::rd_kafka_error_code(error);
                sys::rd_kafka_error_destroy(error);
                assert!(
                    code == sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__QUEUE_FULL,
                    "a record is refused: {code:?}"
                );
                sys::rd_kafka_poll(self.client, 1);
            }
        }
    }

    /// Waits until all records are acknowledged.
    fn flush(&self) {
        // SAFETY: the client is alive.
        let flushed = unsafe { sys::rd_kafka_flush(self.client, FLUSH_MS) };
        assert!(
            flushed == sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR,
            "not all records were sent: {flushed:?}"
        );
    }
}

/// Passes records on and commits, for ever.
fn run(mut source: Source, sink: &Sink, passes_on: bool, interval: Duration) {
    let mut committed = Instant::now();
    loop {
        let taken = source.sweep(|message| {
            let (timestamp, headers) = time_and_headers(message);
            if passes_on {
                sink.pass_on(message, (timestamp, headers));
            } else {
                drop_headers(headers);
            }
        });
        if taken == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        if committed.elapsed() >= interval {
            sink.flush();
            source.commit();
            committed = Instant::now();
        }
    }
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let given: HashMap<&str, &str> =
        arguments.chunks_exact(2).map(|pair| (pair[0].trim_start_matches("--"), &*pair[1])).collect();
    let get = |name: &str| given.get(name).copied().ok_or_else(|| format!("--{name} is missing"));
    let passes_on = match get("workload")? {
        "filter" => false,
        "pass-through" => true,
        other => return Err(format!("there is no baseline for {other}").into()),
    };
    let source = Source::new(get("bootstrap")?, get("application")?, get("input")?)?;
    let sink = Sink::new(get("bootstrap")?, get("output")?, get("linger-ms")?)?;
    let interval = Duration::from_millis(get("commit-ms")?.parse()?);
    std::thread::spawn(move || run(source, &sink, passes_on, interval));
    println!("state=RUNNING");
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
