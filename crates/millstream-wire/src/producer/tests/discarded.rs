//! Records that are held back, or discarded before they are sent.

use super::*;
use crate::testing::{Fault, PRODUCE, TestPartition};

#[test]
fn what_is_held_back_is_sent_once_it_may_be() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    let mut writer = Writer::new(&cluster, 1);
    writer.producer.set_sending(Sending::Held);
    writer.append(0);
    writer.producer.flush();
    writer.idle();
    assert_eq!((writer.produces(), writer.completed), (0, 0));
    writer.producer.set_sending(Sending::Allowed);
    writer.check_written();
}

/// A batch in flight has a sequence number, so it stays; what comes after the discarded records follows it without a gap.
#[test]
fn discarded_records_leave_no_gap_after_a_batch_in_flight() {
    let cluster = TestCluster::start(1).with([1, 1].map(TestPartition::new));
    cluster.fault(1, PRODUCE, Fault::Held);
    let mut writer = Writer::new(&cluster, 2);
    writer.append(0);
    writer.until_requests(1);
    writer.producer.set_sending(Sending::Held);
    (0..2).for_each(|partition| writer.append_as(partition, "stale "));
    let lost = TopicPartition::new("t", 0);
    writer.producer.discard(DiscardScope::Partitions(std::slice::from_ref(&lost)));
    // They count as completed, as refused ones do.
    writer.partitions[0].failed += 1;
    writer.producer.set_sending(Sending::Allowed);
    cluster.heal();
    writer.append(0);
    writer.until_completed();
    let written = cluster.edit(|script| writer.partitions.iter().map(|of| of.written(script)).collect::<Vec<_>>());
    assert_eq!(written, [vec!["0:0", "0:2"], vec!["stale 1:0"]], "only that partition's are thrown away");
    let sequences = cluster.edit(|script| script.sent("t", 0)).iter().map(|batch| batch.base_sequence).max();
    assert_eq!((sequences, writer.producers()), (Some(1), 1));
    assert_eq!(writer.producer.buffered.records, 0);
}

/// A member was suspended with two requests in flight, and lost its partitions meanwhile. When it continued, the second request
/// was too old to be sent and was requeued. If the loss was handled before that, its records were not discarded, and were sent
/// behind those of the new owner: its changelog ended with older rows. So did those of a batch that was refused, or whose
/// connection had ended.
#[test]
fn what_was_discarded_in_flight_is_not_sent_again() {
    const NOT_ENOUGH_REPLICAS: i16 = 19;
    let refused: (_, &[&str]) = (None, &[]);
    let cut_after_append: (_, &[&str]) = (Some(Fault::CutAt(3)), &["stale 0:0", "stale 0:1"]);
    let (refused, cut_after_append) = (&refused, &cut_after_append);
    let cases = [(refused, false), (refused, true), (cut_after_append, false), (cut_after_append, true)];
    for ((fault, appended), is_known) in cases {
        let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
        cluster.fault(1, PRODUCE, Fault::Held);
        if fault.is_none() {
            cluster.edit(|script| script.partition("t", 0).produce_errors.push_back(NOT_ENOUGH_REPLICAS));
        }
        let mut writer = Writer::new(&cluster, 1);
        (0..2).for_each(|_| writer.append_as(0, "stale "));
        writer.producer.flush();
        writer.until_requests(1);
        (0..3).for_each(|_| writer.append_as(0, "stale "));
        writer.producer.flush();
        writer.producer.set_sending(Sending::Held);
        assert_eq!(writer.in_flight(), 2);
        let end_first = || match fault {
            Some(fault) => cluster.fault(1, PRODUCE, fault.clone()),
            None => cluster.heal(),
        };
        if is_known {
            end_first();
            writer.until("both have ended", |writer| writer.in_flight() == 0);
        }
        writer.producer.discard(DiscardScope::All);
        writer.partitions[0].failed += 5 - appended.len();
        if !is_known {
            end_first();
        }
        writer.until_completed();
        writer.producer.set_sending(Sending::Allowed);
        (0..2).for_each(|_| writer.append(0));
        writer.until_completed();
        let written = cluster.edit(|script| writer.partitions[0].written(script));
        assert_eq!(written, [*appended, &["0:5", "0:6"]].concat(), "{fault:?}, and discarded after it: {is_known}");
        assert_eq!((writer.producer.buffered.records, writer.producer.buffered.bytes), (0, 0));
    }
}
