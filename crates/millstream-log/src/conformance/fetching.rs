//! The cases for fetching.

use std::collections::BTreeMap;

use millstream_types::{Header, Headers, Offset, Timestamp, Topic, TopicPartition};

use super::harness::{Case, Harness};
use super::kit::{Kit, Sample, first, samples};
use crate::{LogError, LogEvent, StartAt};

pub(super) const CASES: &[Case] = &[
    ("records are read in order", order),
    ("null and empty are different", nulls),
    ("headers are read as they were written", headers),
    ("timestamps are read as they were written", timestamps),
    ("a large record is read completely", large),
    ("reading begins at the given offset", starts),
    ("reading begins at the given time", start_by_time),
    ("each assigned partition has a first chunk, even with nothing to read", first_chunks),
    ("an offset out of range is reported once", out_of_range),
    ("an unknown partition is reported", unknown),
    ("only wanted partitions give chunks", back_pressure),
    ("an unassigned partition gives no chunks", unassigned),
    ("assigning a partition again moves the position", moved),
    ("a fetcher at the end has no lag", lag),
    ("a waiting fetcher is woken", woken),
];

fn order(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let topic = kit.topic("order", 2);
    let sent = Sample::numbered(10_000);
    let second = TopicPartition::new(&topic, 1);
    kit.write(&first(&topic), &sent[..100]);
    kit.write(&second, &sent);
    assert_eq!(kit.read(&second, StartAt::Earliest, sent.len()), sent);
    assert_eq!(kit.read(&first(&topic), StartAt::Earliest, 100), sent[..100]);
}

fn nulls(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let partition = first(&kit.topic("nulls", 1));
    let parts = [None, Some(Vec::new()), Some(b"x".to_vec())];
    let pairs = parts.iter().flat_map(|key| parts.iter().map(move |value| (key.clone(), value.clone())));
    let sent: Vec<Sample> = pairs.map(|(key, value)| Sample { key, value, ..Sample::new("") }).collect();
    kit.write(&partition, &sent);
    assert_eq!(kit.read(&partition, StartAt::Earliest, sent.len()), sent);
}

fn headers(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let partition = first(&kit.topic("headers", 1));
    let mut headers = Headers::new();
    headers.add("name", "one");
    headers.add("name", "two");
    headers.add("empty", "");
    headers.push(Header { name: "null".to_owned(), value: None });
    headers.add("", "without a name");
    headers.add("bytes", vec![0, 255, 128]);
    let nulls = Sample { key: None, value: None, headers: headers.clone(), ..Sample::new("") };
    let sent = [Sample { headers, ..Sample::new("with") }, Sample::new("without"), nulls];
    kit.write(&partition, &sent);
    assert_eq!(kit.read(&partition, StartAt::Earliest, sent.len()), sent);
}

fn timestamps(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let partition = first(&kit.topic("timestamps", 1));
    let can = harness.capabilities();
    let at = |millis| Sample { timestamp: Timestamp::from_millis(millis), ..Sample::new(millis.to_string()) };
    let always = [1_700_000_000_000, 1, 4_102_444_800_000, 1_000].map(at);
    let zero = can.timestamp_zero.then(|| at(0));
    let negative = can.timestamp_negative.then(|| [at(-1), at(-5)]);
    let sent: Vec<Sample> = always.into_iter().chain(zero).chain(negative.into_iter().flatten()).collect();
    kit.write(&partition, &sent);
    assert_eq!(kit.read(&partition, StartAt::Earliest, sent.len()), sent);

    let refused = [(can.timestamp_zero, at(0)), (can.timestamp_negative, at(-1))];
    for (_, sample) in refused.into_iter().filter(|(is_carried, _)| !is_carried) {
        let mut producer = kit.producer(&partition.topic);
        kit.append(&mut *producer, &partition, &sample);
        let failed = kit.settle(&mut *producer);
        assert!(matches!(failed[..], [LogError::Unsupported { .. }]), "refused by name, not altered: {failed:?}");
    }
}

fn large(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let partition = first(&kit.topic("large", 1));
    let value: Vec<u8> = (0..harness.capabilities().record_bytes).map(|byte| (byte % 251) as u8).collect();
    let sent = [Sample::new("before"), Sample::new(value), Sample::new("after")];
    kit.write(&partition, &sent);
    assert_eq!(kit.read(&partition, StartAt::Earliest, sent.len()), sent);
}

fn starts(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let partition = first(&kit.topic("starts", 1));
    let sent = Sample::numbered(100);
    kit.write(&partition, &sent);
    assert_eq!(kit.read(&partition, StartAt::Earliest, 100), sent);
    assert_eq!(kit.read(&partition, StartAt::Offset(Offset::ZERO), 100), sent);
    assert_eq!(kit.read(&partition, StartAt::Offset(Offset::new(63)), 37), sent[63..]);

    let (mut at_end, mut latest) = (kit.fetcher(), kit.fetcher());
    at_end.assign(&[(partition.clone(), StartAt::Offset(Offset::new(100)))]);
    latest.assign(&[(partition.clone(), StartAt::Latest)]);
    for fetcher in [&mut at_end, &mut latest] {
        kit.until("a reader is at the end", || match &kit.poll(&mut **fetcher)[..] {
            [] => None,
            [LogEvent::Chunk(chunk)] if chunk.is_empty() => Some(()),
            other => panic!("nothing new: {other:?}"),
        });
    }
    kit.for_a_while(|| {
        for event in kit.poll(&mut *at_end).into_iter().chain(kit.poll(&mut *latest)) {
            assert!(!matches!(&event, LogEvent::Chunk(chunk) if !chunk.is_empty()), "nothing new: {event:?}");
        }
    });
    kit.write(&partition, &[Sample::new("new")]);
    assert_eq!(kit.collect(&mut *at_end, &partition, 1), [Sample::new("new")]);
    assert_eq!(kit.collect(&mut *latest, &partition, 1), [Sample::new("new")]);
}

fn start_by_time(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let partition = first(&kit.topic("start-by-time", 1));
    let at = |value: &str, millis: i64| Sample { timestamp: Timestamp::from_millis(millis), ..Sample::new(value) };
    let base = 1_700_000_000_000;
    let sent = [at("a", base), at("late", base - 500), at("b", base + 100), at("c", base + 100), at("d", base + 300)];
    // In batches of their own, and in one.
    sent[..3].iter().for_each(|sample| kit.write(&partition, std::slice::from_ref(sample)));
    kit.write(&partition, &sent[3..]);
    let read = |millis, count| kit.read(&partition, StartAt::Time(Timestamp::from_millis(millis)), count);
    assert_eq!(read(0, 5), sent, "all are later");
    assert_eq!(read(base, 5), sent, "the time itself counts, and then the order of the log");
    assert_eq!(read(base + 1, 3), sent[2..], "the first that is not earlier");
    assert_eq!(read(base + 101, 1), sent[4..]);

    let mut after = kit.fetcher();
    after.assign(&[(partition.clone(), StartAt::Time(Timestamp::from_millis(base + 301)))]);
    kit.until("a reader is at the end", || match &kit.poll(&mut *after)[..] {
        [] => None,
        [LogEvent::Chunk(chunk)] if chunk.is_empty() => Some(()),
        other => panic!("nothing is as late: {other:?}"),
    });
    kit.write(&partition, &[Sample::new("new")]);
    assert_eq!(kit.collect(&mut *after, &partition, 1), [Sample::new("new")], "whatever its time");
}

fn first_chunks(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let topic = kit.topic("first_offsets-of", 3);
    let partition = |number| TopicPartition::new(&topic, number);
    kit.write(&partition(0), &Sample::numbered(3));
    kit.write(&partition(1), &Sample::numbered(3));
    let mut fetcher = kit.fetcher();
    let starts = [StartAt::Latest, StartAt::Offset(Offset::new(3)), StartAt::Earliest];
    fetcher.assign(&(0..).map(partition).zip(starts).collect::<Vec<_>>());
    let mut first_offsets = BTreeMap::new();
    let mut poll_chunks = |fetcher: &mut dyn crate::Fetching| {
        for event in kit.poll(fetcher) {
            let LogEvent::Chunk(chunk) = event else { panic!("{event:?}") };
            assert!(chunk.is_empty(), "there is nothing to read: {chunk:?}");
            let offsets = (chunk.next_offset.number(), chunk.end_offset.number());
            assert_eq!(first_offsets.insert(chunk.partition.clone(), offsets), None, "once is enough");
        }
        first_offsets.len()
    };
    kit.until("all three have a chunk", || (poll_chunks(&mut *fetcher) == 3).then_some(()));
    kit.for_a_while(|| assert_eq!(poll_chunks(&mut *fetcher), 3));
    assert_eq!(first_offsets, (0..).map(partition).zip([(3, 3), (3, 3), (0, 0)]).collect());
}

fn out_of_range(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let partition = first(&kit.topic("range", 1));
    kit.write(&partition, &Sample::numbered(3));
    let mut fetcher = kit.fetcher();
    fetcher.assign(&[(partition.clone(), StartAt::Offset(Offset::new(40)))]);
    let error = failure(&kit, &mut *fetcher, &partition);
    assert!(matches!(&error, LogError::OffsetOutOfRange { partition: of, .. } if *of == partition), "{error:?}");
    kit.for_a_while(|| assert!(kit.poll(&mut *fetcher).is_empty(), "it stands still"));
    fetcher.assign(&[(partition.clone(), StartAt::Earliest)]);
    assert_eq!(kit.collect(&mut *fetcher, &partition, 3), Sample::numbered(3));
}

#[track_caller]
fn failure(kit: &Kit<'_>, fetcher: &mut dyn crate::Fetching, partition: &TopicPartition) -> LogError {
    kit.until("a fetch fails", || {
        kit.poll(fetcher).into_iter().find_map(|event| match event {
            LogEvent::FetchFailed { partition: failed, error } if failed == *partition => Some(error),
            LogEvent::Chunk(chunk) => panic!("unexpected records: {chunk:?}"),
            _ => None,
        })
    })
}

fn unknown(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let topic = kit.topic("known", 1);
    let absent = Topic::from(harness.unique_name("unknown"));
    for partition in [first(&absent), TopicPartition::new(&topic, 1)] {
        let mut fetcher = kit.fetcher();
        fetcher.assign(&[(partition.clone(), StartAt::Earliest)]);
        let error = failure(&kit, &mut *fetcher, &partition);
        let is_named = matches!(error, LogError::UnknownTopic { .. } | LogError::UnknownPartition { .. });
        assert!(is_named, "{partition} is unknown, not {error:?}");
    }
}

fn back_pressure(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let topic = kit.topic("pressure", 2);
    let (held_back, wanted) = (first(&topic), TopicPartition::new(&topic, 1));
    let sent = Sample::numbered(3_000);
    kit.write(&held_back, &sent);
    kit.write(&wanted, &sent);
    let mut fetcher = kit.fetcher();
    fetcher.assign(&[(held_back.clone(), StartAt::Earliest), (wanted.clone(), StartAt::Earliest)]);
    let mut seen = Vec::new();
    let mut poll = || {
        let mut events = Vec::new();
        fetcher.poll(harness.now(), &mut |partition| *partition == wanted, &mut events);
        let mut chunks: BTreeMap<TopicPartition, usize> = BTreeMap::new();
        for event in events {
            let LogEvent::Chunk(chunk) = event else { continue };
            assert_eq!(chunk.partition, wanted, "the other is not wanted");
            *chunks.entry(chunk.partition.clone()).or_default() += 1;
            seen.extend(samples(&chunk));
        }
        assert!(chunks.values().all(|count| *count == 1), "one chunk per partition and poll");
        (seen.len() >= sent.len()).then_some(())
    };
    kit.until("the wanted partition is read", &mut poll);
    kit.for_a_while(|| assert_eq!(poll(), Some(())));
    assert_eq!(seen, sent);
    fetcher.unassign(&[wanted]);
    assert_eq!(kit.collect(&mut *fetcher, &held_back, sent.len()), sent, "nothing of it was lost");
}

fn unassigned(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let topic = kit.topic("unassigned", 2);
    let (gone, kept) = (first(&topic), TopicPartition::new(&topic, 1));
    let mut fetcher = kit.fetcher();
    fetcher.assign(&[(gone.clone(), StartAt::Earliest), (kept.clone(), StartAt::Earliest)]);
    kit.write(&gone, &Sample::numbered(10));
    kit.write(&kept, &Sample::numbered(10));
    kit.until("records are there to be read", || {
        let mut events = Vec::new();
        fetcher.poll(harness.now(), &mut |partition| *partition == kept, &mut events);
        events.iter().any(|event| matches!(event, LogEvent::Chunk(_))).then_some(())
    });
    fetcher.unassign(std::slice::from_ref(&gone));
    kit.for_a_while(|| {
        for event in kit.poll(&mut *fetcher) {
            assert!(
                !matches!(&event, LogEvent::Chunk(chunk) if chunk.partition == gone),
                "{gone} is not read any more"
            );
        }
    });
}

fn moved(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let partition = first(&kit.topic("moved", 1));
    kit.write(&partition, &Sample::numbered(10));
    let mut fetcher = kit.fetcher();
    fetcher.assign(&[(partition.clone(), StartAt::Earliest)]);
    assert_eq!(kit.collect(&mut *fetcher, &partition, 10).len(), 10);
    fetcher.assign(&[(partition.clone(), StartAt::Offset(Offset::new(8)))]);
    assert_eq!(kit.collect(&mut *fetcher, &partition, 2), Sample::numbered(10)[8..]);
}

fn lag(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let partition = first(&kit.topic("lag", 1));
    kit.write(&partition, &Sample::numbered(5_000));
    let mut fetcher = kit.fetcher();
    fetcher.assign(&[(partition, StartAt::Earliest)]);
    let mut lag = None;
    kit.until("a reader's lag reaches zero", || {
        for event in kit.poll(&mut *fetcher) {
            let LogEvent::Chunk(chunk) = event else { continue };
            assert!(chunk.end_offset <= Offset::new(5_000));
            lag = Some(chunk.end_offset.number() - chunk.next_offset.number());
        }
        (lag == Some(0)).then_some(())
    });
}

fn woken(harness: &dyn Harness) {
    let kit = Kit::new(harness);
    let partition = first(&kit.topic("woken", 1));
    let signal = crate::Signal::new();
    let mut fetcher = kit.log.fetcher("waiting", &signal).expect("a fetcher");
    fetcher.assign(&[(partition.clone(), StartAt::Earliest)]);
    kit.for_a_while(|| drop(kit.poll(&mut *fetcher)));
    signal.wait(std::time::Duration::ZERO);
    kit.write(&partition, &[Sample::new("wake up")]);
    assert!(signal.wait(harness.patience()), "new records raise the reader's signal");
    assert_eq!(kit.collect(&mut *fetcher, &partition, 1), [Sample::new("wake up")]);
}
