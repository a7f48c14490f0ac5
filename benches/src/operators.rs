//! Stateless operators, without decoding and I/O.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use millstream_core::chain::{Chain, Decision, Destination, Environment, Failure, Skipped};
use millstream_core::{ChainSettings, KStream, Stores, StreamsBuilder};
use millstream_state::{Changelog, StoreIndex};
use millstream_types::{Headers, MonotonicTime, Now, Offset, Partition, RecordBytes, Timestamp, Topic};

use crate::report::{Measurement, timed};

/// Records made inside the chain from each record pushed in, so that decoding does not count.
const FAN_OUT: usize = 1_000;
const PUSHES: u64 = 1_000;
const RECORDS: u64 = PUSHES * FAN_OUT as u64;

pub(crate) fn measure() -> Vec<Measurement> {
    vec![
        measurement("make a String record and end it", "–", |stream| stream),
        measurement("the same with five stateless operators between", "first line + 60 ns", |stream| {
            stream
                .filter(|_key, value| !value.is_empty())
                .map_values(|_key, mut value| {
                    value.push('!');
                    value
                })
                .filter_not(|key, _value| key.is_empty())
                .peek(|_key, _value| {})
                .map(|key, value| (value, key))
        }),
    ]
}

fn measurement(
    name: &'static str,
    target: &'static str,
    operators: impl Fn(KStream<String, String>) -> KStream<String, String>,
) -> Measurement {
    let seen = Arc::new(AtomicU64::new(0));
    let builder = StreamsBuilder::new();
    let made = builder.stream::<String, String>("in").flat_map(|key, value| {
        (0..FAN_OUT).map(move |_| {
            let mut padded = String::with_capacity(16);
            padded.push_str(&value);
            (key.clone(), padded)
        })
    });
    let counter = Arc::clone(&seen);
    operators(made).for_each(move |key, value| {
        counter.fetch_add((key.len() + value.len()) as u64, Ordering::Relaxed);
    });
    let topology = builder.build().expect("the topology is sound");
    let settings = ChainSettings {
        application_id: "bench".into(),
        cache_bytes_max: 1 << 20,
        hash_seed: 0,
        emit_interval: Duration::from_secs(1),
    };
    let mut chain = topology.build_chain(0, Partition::new(0), &settings).expect("it builds");
    let mut stores = Stores::default();
    let run = move || {
        let before = seen.load(Ordering::Relaxed);
        let time = timed(|| push_all(&mut chain, &mut stores));
        assert!(seen.load(Ordering::Relaxed) - before >= RECORDS * 16, "every record arrives");
        time
    };
    Measurement { name, target, units: RECORDS, prepare: Box::new(move || Box::new(run)) }
}

fn push_all(chain: &mut Chain, stores: &mut Stores) {
    let headers = Headers::new();
    for offset in 0..PUSHES {
        let record = RecordBytes {
            timestamp: Timestamp::from_millis(1),
            key: Some(b"key-00001"),
            value: Some(b"value-01"),
            headers: &headers,
        };
        chain.prepare(0, Offset::new(offset.cast_signed()), record, stores, &mut Nowhere).expect("it decodes");
        chain.process(0, stores, &mut Nowhere).expect("nothing fails");
        let mut left = usize::MAX;
        chain.settle(&mut left, stores, &mut Nowhere).expect("nothing fails");
    }
}

/// An environment without effects.
struct Nowhere;

impl Changelog for Nowhere {
    fn append(&mut self, _: StoreIndex, _: &[u8], _: Option<&[u8]>, _: Timestamp) {}
    fn append_with_headers(&mut self, _: StoreIndex, _: &[u8], _: Option<&[u8]>, _: Timestamp, _: &Headers) {}
}

impl Environment for Nowhere {
    fn now(&self) -> Now {
        Now { wall: Timestamp::from_millis(0), monotonic: MonotonicTime::START }
    }
    fn send(&mut self, _: Destination<'_>, _: RecordBytes<'_>) {}
    fn partition_count(&mut self, _: &Topic) -> Option<u32> {
        Some(1)
    }
    fn skipped(&mut self, _: Skipped<'_>) {}
    fn decide(&mut self, _: &mut Failure) -> Decision {
        Decision::Fail
    }
    fn print(&mut self, _: &str) {}
}
