//! The cases for producing.

use millstream_types::{Offset, Partition, RecordBytes, Topic, TopicPartition};

use super::harness::{Case, Harness};
use super::kit::{Kit, Sample, first};
use crate::{LogError, LogEvent, StartAt, TopicState};

pub(super) const CASES: &[Case] = &[
    ("a producer looks up existing and missing topics", topics),
    ("an acknowledgement covers everything before it", acknowledged),
    ("acknowledged offsets are known by partition", acknowledged_offsets),
    ("two producers share a partition, and each keeps its order", two_producers),
    ("a record that is too large is refused with its kind of error", too_large),
    ("a producer raises its signal for an acknowledgement", signalled),
];

fn topics(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let topic = kit.topic("known", 3);
    let mut producer = kit.producer(&topic);
    assert_eq!(producer.topic(&topic), TopicState::Ready { partitions: 3 });
    let absent = Topic::from(harness.unique_name("absent"));
    kit.until("a topic is found missing", || {
        producer.poll(harness.now(), &mut Vec::new());
        match producer.topic(&absent) {
            TopicState::Pending => None,
            TopicState::Missing => Some(()),
            TopicState::Ready { .. } => panic!("`{absent}` was never created"),
        }
    });
}

fn acknowledged(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let topic = kit.topic("acknowledged", 3);
    let mut producer = kit.producer(&topic);
    assert_eq!(producer.appended(), 0);
    let sent = Sample::numbered(1_000);
    for (number, sample) in (1..).zip(&sent) {
        kit.append(&mut *producer, &TopicPartition::new(&topic, number % 3), sample);
        assert_eq!(producer.appended(), u64::from(number), "each accepted record has the next number");
    }
    assert_eq!(kit.settle(&mut *producer), []);
    let seen = |number| kit.read(&TopicPartition::new(&topic, number), StartAt::Earliest, 333).len();
    assert_eq!((0..3).map(seen).sum::<usize>(), 1_000, "acknowledged records can be read");
    kit.for_a_while(|| {
        let mut events = Vec::new();
        producer.poll(harness.now(), &mut events);
        assert!(events.is_empty(), "reported once: {events:?}");
    });
}

fn acknowledged_offsets(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let topic = kit.topic("offsets", 2);
    let (written, untouched) = (first(&topic), TopicPartition::new(&topic, 1));
    kit.write(&written, &Sample::numbered(4));
    let mut producer = kit.producer(&topic);
    assert_eq!(producer.acknowledged_offset(&written), None, "this producer has not written anything yet");
    for sample in Sample::numbered(3) {
        kit.append(&mut *producer, &written, &sample);
    }
    assert_eq!(kit.settle(&mut *producer), []);
    assert_eq!(producer.acknowledged_offset(&written), Some(Offset::new(7)));
    assert_eq!(producer.acknowledged_offset(&untouched), None);
}

fn two_producers(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let topic = kit.topic("two", 1);
    let partition = first(&topic);
    let mut producers = [kit.producer(&topic), kit.producer(&topic)];
    for number in 0..500 {
        for (name, producer) in ["left", "right"].into_iter().zip(&mut producers) {
            let sample = Sample { key: Some(name.into()), ..Sample::new(number.to_string()) };
            kit.append(&mut **producer, &partition, &sample);
        }
        if number % 50 == 0 {
            producers.iter_mut().for_each(|producer| producer.flush());
        }
    }
    for producer in &mut producers {
        assert_eq!(kit.settle(&mut **producer), []);
    }
    let seen = kit.read(&partition, StartAt::Earliest, 1_000);
    for name in ["left", "right"] {
        let of_one: Vec<_> = seen.iter().filter(|sample| sample.key.as_deref() == Some(name.as_bytes())).collect();
        let numbers: Vec<_> = of_one.iter().map(|sample| sample.value.clone()).collect();
        let expected: Vec<_> = Sample::numbered(500).into_iter().map(|sample| sample.value).collect();
        assert_eq!(numbers, expected, "the records of `{name}` in the order of its appends");
    }
}

fn too_large(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let topic = kit.topic("too-large", 1);
    let mut producer = kit.producer(&topic);
    kit.append(&mut *producer, &first(&topic), &Sample::new(vec![0; harness.capabilities().record_bytes_refused]));
    let failed = kit.settle(&mut *producer);
    let is_named = matches!(&failed[..], [LogError::RecordTooLarge { partition, .. }] if *partition == first(&topic));
    assert!(is_named, "{failed:?}");
    kit.write(&first(&topic), &[Sample::new("small")]);
    assert_eq!(kit.read(&first(&topic), StartAt::Earliest, 1), [Sample::new("small")]);
}

fn signalled(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let topic = kit.topic("signalled", 1);
    let mut producer = kit.producer(&topic);
    kit.signal.wait(std::time::Duration::ZERO);
    let time = Sample::new("").timestamp;
    assert!(producer.append(&topic, Partition::new(0), &RecordBytes::new(time, None, Some(b"v"))));
    producer.flush();
    let mut events = Vec::new();
    while !events.iter().any(|event| matches!(event, LogEvent::Acknowledged { up_to: 1 })) {
        assert!(kit.signal.wait(harness.patience()), "an acknowledgement raises the producer's signal");
        producer.poll(harness.now(), &mut events);
    }
}
