//! How many requests are sent, how large, and when.

use super::*;
use crate::testing::{Fault, PRODUCE, TestPartition};

/// Short, but longer than it takes to write anything.
const LINGER: Duration = Duration::from_millis(400);

/// For each request, the partitions and how many records of each.
fn requests(cluster: &TestCluster) -> Vec<Vec<(i32, i32)>> {
    let of_one = |batches: &[crate::testing::SentBatch]| batches.iter().map(|it| (it.number, it.count)).collect();
    cluster.edit(|script| script.produces.iter().map(|(_, request)| of_one(&request.batches)).collect())
}

#[test]
fn records_that_wait_during_a_request_go_into_one_request() {
    let cluster = TestCluster::start(1).with([1, 1, 1].map(TestPartition::new));
    cluster.fault(1, PRODUCE, Fault::Held);
    let mut writer = Writer::new(&cluster, 3);
    writer.append(2);
    writer.until_requests(1);
    for number in 0..100 {
        writer.append(number % 3);
        writer.poll();
    }
    cluster.heal();
    writer.check_written();
    assert_eq!(requests(&cluster), [vec![(2, 1)], vec![(0, 34), (1, 33), (2, 33)]]);
}

#[test]
fn a_full_batch_follows_a_request_that_is_in_flight() {
    let cluster = TestCluster::start(1).with([1, 1].map(TestPartition::new));
    cluster.fault(1, PRODUCE, Fault::Held);
    let mut writer = Writer::with(&cluster, 2, ProduceSettings { batch_bytes_max: 1_000, ..settings() });
    writer.append(0);
    writer.until_requests(1);
    writer.append(1);
    let in_flight = |writer: &Writer<'_>| {
        let mut partitions: Vec<_> = writer.producer.links[&1].partitions_in_flight().collect();
        partitions.sort_unstable();
        partitions
    };
    writer.idle();
    assert_eq!(in_flight(&writer), [0], "nothing is full");
    for _ in 0..100 {
        writer.append(0);
        writer.poll();
    }
    // One is full, and takes what there is of others with it; the next full one waits.
    assert_eq!(in_flight(&writer), [0, 0, 1]);
    assert_eq!(requests(&cluster).len(), 1, "the broker sees one at a time");
    cluster.heal();
    writer.check_written();
    let requests = requests(&cluster);
    assert_eq!(requests[..1], [vec![(0, 1)]]);
    assert!(requests[1].len() == 2 && requests[2..].iter().all(|request| request.len() == 1), "{requests:?}");
    let bytes: Vec<_> = cluster.edit(|script| script.sent("t", 0).iter().map(|batch| batch.bytes.len()).collect());
    assert!(bytes.iter().all(|bytes| *bytes <= 1_000), "{bytes:?}");
    assert!(bytes[1..bytes.len() - 1].iter().all(|bytes| *bytes > 900), "{bytes:?}");
}

#[test]
fn a_batch_larger_than_the_size_has_one_record() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    cluster.fault(1, PRODUCE, Fault::Held);
    let mut writer = Writer::with(&cluster, 1, ProduceSettings { batch_bytes_max: 1_000, ..settings() });
    [10, 10, 2_000, 2_000, 10].iter().for_each(|length| writer.append_as(0, &"x".repeat(*length)));
    cluster.heal();
    writer.check_written();
    let counts: Vec<_> = cluster.edit(|script| script.sent("t", 0)).iter().map(|batch| batch.count).collect();
    assert_eq!(counts, [2, 1, 1, 1]);
}

#[test]
fn a_request_takes_no_more_than_its_size_and_partitions_take_turns() {
    let cluster = TestCluster::start(1).with([1, 1, 1].map(TestPartition::new));
    cluster.fault(1, PRODUCE, Fault::Held);
    let size = 5 << 20;
    let sizes =
        ProduceSettings { batch_bytes_max: size, record_bytes_max: size, buffer_bytes_max: 1 << 30, ..settings() };
    let mut writer = Writer::with(&cluster, 3, sizes);
    writer.append(0);
    writer.until_requests(1);
    let large = "x".repeat(size - 200);
    (0..9).for_each(|number| writer.append_as(number % 3, &large));
    cluster.heal();
    writer.check_written();
    let requests = requests(&cluster);
    assert!(requests[1..].iter().all(|request| request.len() <= 2), "{requests:?}");
    let lasts =
        (0..3).map(|partition| requests.iter().position(|request| request.iter().any(|it| it.0 == partition)).unwrap());
    assert!(lasts.max() <= Some(3), "{requests:?}");
}

#[test]
fn records_linger_unless_nothing_was_sent_recently() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    let mut writer = Writer::with(&cluster, 1, ProduceSettings { linger: LINGER, ..settings() });
    writer.append(0);
    writer.check_written();
    let is_at_once = || {
        std::thread::sleep(LINGER);
        writer.poll();
        let begin = Instant::now();
        writer.append(0);
        writer.until_completed();
        begin.elapsed() < LINGER
    };
    // A busy machine may be as slow as lingering is, though not each time.
    assert!(std::iter::repeat_with(is_at_once).take(10).any(|is_at_once| is_at_once), "the first after a rest lingers");
    let (begin, before) = (Instant::now(), writer.produces());
    while writer.produces() < before + 3 {
        assert!(begin.elapsed() < PATIENCE, "only the first is sent");
        writer.append(0);
        writer.poll();
        writer.signal.wait(Duration::from_millis(2));
    }
    assert!(begin.elapsed() > LINGER * 2, "three requests in {:?}", begin.elapsed());
    writer.check_written();
}

#[test]
fn what_is_flushed_full_or_too_much_does_not_linger() {
    let large = ProduceSettings { linger: PATIENCE * 10, batch_bytes_max: 10_000, ..settings() };
    let cases: [(ProduceSettings, bool, usize); 4] = [
        (large.clone(), true, 1),
        (ProduceSettings { batch_bytes_max: 300, ..large.clone() }, false, 40),
        (ProduceSettings { buffer_records_max: 20, ..large.clone() }, false, 11),
        (ProduceSettings { buffer_bytes_max: 1_000, ..large }, false, 50),
    ];
    for (settings, is_flushed, records) in cases {
        let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
        let mut writer = Writer::with(&cluster, 1, settings);
        writer.append(0);
        writer.check_written();
        writer.append(0);
        writer.idle();
        assert_eq!(writer.produces(), 1, "it does not linger");
        (1..records).for_each(|_| writer.append(0));
        if is_flushed {
            writer.producer.flush();
        }
        writer.until_requests(2);
        writer.producer.flush();
        writer.check_written();
    }
}

#[test]
fn what_comes_after_a_flush_lingers() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    let mut writer = Writer::with(&cluster, 1, ProduceSettings { linger: PATIENCE * 10, ..settings() });
    for turn in 1..5 {
        writer.append(0);
        writer.producer.flush();
        writer.check_written();
        writer.append(0);
        writer.idle();
        assert_eq!(writer.produces(), turn);
    }
}

#[test]
fn records_linger_no_longer_behind_a_request_that_was_not_sent() {
    let cluster = TestCluster::start(2).with([1, 1].map(TestPartition::new));
    let mut writer = Writer::with(&cluster, 2, ProduceSettings { linger: LINGER * 2, ..settings() });
    (0..2).for_each(|partition| writer.append(partition));
    writer.check_written();
    std::thread::sleep(LINGER * 2);
    writer.poll();
    cluster.edit(|script| script.partition("t", 0).leader = 2);
    cluster.fault(1, PRODUCE, Fault::Held);
    for _ in 0..2 {
        writer.append(0);
        writer.producer.flush();
        writer.until_requests(2);
    }
    cluster.heal();
    writer.until_completed();
    writer.append(1);
    writer.check_written();
}

/// KIP-219: the broker reads nothing meanwhile. A request that was sent nevertheless seemed to have no response.
#[test]
fn nothing_is_sent_to_a_broker_that_throttles() {
    const THROTTLE: Duration = Duration::from_millis(400);
    let cluster = TestCluster::start(2).with([1, 2].map(TestPartition::new));
    let mut writer = Writer::new(&cluster, 2);
    (0..2).for_each(|partition| writer.append(partition));
    writer.check_written();
    cluster.edit(|script| script.throttle_ms = THROTTLE.as_millis() as i32);
    writer.append(0);
    writer.check_written();
    cluster.edit(|script| script.throttle_ms = 0);
    let (begin, before) = (Instant::now(), writer.produces());
    for _ in 0..10 {
        writer.append(0);
        writer.producer.flush();
        writer.poll();
    }
    writer.append(1);
    writer.until("the other broker is written to", |writer| {
        cluster.edit(|script| script.partition("t", 1).end()) == writer.partitions[1].values.len() as i64
    });
    writer.check_written();
    assert!(begin.elapsed() >= THROTTLE * 9 / 10, "after {:?}", begin.elapsed());
    assert!(writer.produces() <= before + 4, "{} requests", writer.produces() - before);
}
