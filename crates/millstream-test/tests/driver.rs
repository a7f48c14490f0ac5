//! What the driver does, seen from a user's test.

#![allow(clippy::unwrap_used, missing_docs)]

use millstream_core::{Record, StreamsBuilder};
use millstream_test::TopologyTestDriver;
use millstream_types::Timestamp;

fn upper_case() -> millstream_core::Topology {
    let builder = StreamsBuilder::new();
    builder.stream::<String, String>("lines").map_values(|_key, line| line.to_uppercase()).to("loud");
    builder.build().unwrap()
}

#[test]
fn a_record_goes_through_the_topology_with_its_time_and_headers() {
    let driver = TopologyTestDriver::new(&upper_case()).unwrap();
    let input = driver.input_topic::<String, String>("lines");
    let mut record = Record::new("k".to_owned(), "hello".to_owned(), Timestamp::from_millis(77));
    record.headers.add("trace", "x");
    input.pipe_record(record).unwrap();
    let output = driver.output_topic::<String, String>("loud");
    assert_eq!(output.len(), 1);
    let read = output.read_record().unwrap();
    assert_eq!((read.key.as_str(), read.value.as_str(), read.timestamp.as_millis()), ("k", "HELLO", 77));
    assert_eq!(read.headers.last("trace"), Some(&b"x"[..]));
    assert!(output.is_empty());
}
