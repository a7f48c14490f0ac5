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
