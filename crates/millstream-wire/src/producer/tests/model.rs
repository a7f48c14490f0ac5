//! Model test: whatever fails temporarily, every record is written once and in order.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;
use crate::testing::{API_VERSIONS, Fault, INIT_PRODUCER_ID, METADATA, PRODUCE, TestPartition};

const BROKERS: i32 = 2;
const PARTITIONS: usize = 3;

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    Append {
        partition: usize,
        records: usize,
    },
    Flush,
    Poll {
        times: usize,
    },
    /// Time passes.
    Wait {
        millis: u64,
    },
    Errors {
        partition: i32,
        codes: Vec<i16>,
        is_appended: bool,
    },
    Fault {
        broker: i32,
        kind: i16,
        fault: Fault,
    },
    Move {
        partition: i32,
        leader: i32,
        is_stale: bool,
    },
    Heal,
}

fn step() -> impl Strategy<Value = Step> {
    let partition = 0..PARTITIONS as i32;
    let errors = prop::sample::select(vec![2, 3, 5, 6, 7, 9, 13, 19, 20, 56, 72, 74, 75, 89]);
    let fault = prop_oneof![
        (0..26usize).prop_map(Fault::CutAt),
        Just(Fault::Dropped),
        Just(Fault::Held),
        Just(Fault::ByteByByte),
        Just(Fault::WrongCorrelation),
        Just(Fault::Instead(Vec::new())),
    ];
    let kind = prop::sample::select(vec![PRODUCE, PRODUCE, PRODUCE, METADATA, API_VERSIONS, INIT_PRODUCER_ID]);
    prop_oneof![
        6 => (0..PARTITIONS, 1..40usize).prop_map(|(partition, records)| Step::Append { partition, records }),
        1 => Just(Step::Flush),
        4 => (1..4usize).prop_map(|times| Step::Poll { times }),
        4 => (1..60u64).prop_map(|millis| Step::Wait { millis }),
        3 => (partition.clone(), prop::collection::vec(errors, 1..4), any::<bool>())
            .prop_map(|(partition, codes, is_appended)| Step::Errors { partition, codes, is_appended }),
        3 => (1..=BROKERS, kind, fault).prop_map(|(broker, kind, fault)| Step::Fault { broker, kind, fault }),
        1 => (partition, prop::sample::select(vec![-1, 1, 2, 1, 2]), any::<bool>())
            .prop_map(|(partition, leader, is_stale)| Step::Move { partition, leader, is_stale }),
        3 => Just(Step::Heal),
    ]
}

fn take(step: &Step, writer: &mut Writer<'_>) {
    let cluster = writer.cluster;
    let edit =
        |number: i32, edit: &dyn Fn(&mut TestPartition)| cluster.edit(|script| edit(script.partition("t", number)));
    match step {
        Step::Append { partition, records } => (0..*records).for_each(|_| writer.append(*partition)),
        Step::Flush => writer.producer.flush(),
        Step::Poll { times } => (0..*times).for_each(|_| writer.poll()),
        Step::Wait { millis } => {
            writer.signal.wait(Duration::from_millis(2));
            writer.now += Duration::from_millis(*millis);
            writer.poll();
        }
        Step::Errors { partition, codes, is_appended } => edit(*partition, &|it| {
            let errors = if *is_appended { &mut it.produce_errors_after_append } else { &mut it.produce_errors };
            errors.extend(codes);
        }),
        Step::Fault { broker, kind, fault } => cluster.fault(*broker, *kind, fault.clone()),
        Step::Move { partition, leader, is_stale } => edit(*partition, &|it| {
            it.stale = is_stale.then_some((it.leader, it.epoch));
            (it.leader, it.epoch) = (*leader, it.epoch + 1);
        }),
        Step::Heal => heal(cluster),
    }
}

fn heal(cluster: &TestCluster) {
    cluster.heal();
    cluster.edit(|script| {
        for partition in script.partitions.values_mut() {
            (partition.stale, partition.leader) = (None, partition.leader.max(1));
            (partition.produce_errors, partition.produce_errors_after_append) = (VecDeque::new(), VecDeque::new());
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 200, ..ProptestConfig::with_cases(100) })]

    #[test]
    fn everything_is_written_once_and_in_order(
        steps in prop::collection::vec(step(), 1..60),
        is_old in any::<bool>(),
        batch_bytes_max in prop::option::of(110..400usize),
    ) {
        let cluster = TestCluster::start(BROKERS).with([1, 2, 1].map(TestPartition::new));
        cluster.edit(|script| {
            script.passed_sequence_error = if is_old { 45 } else { 46 };
            script.partition("t", 2).batch_bytes_max = batch_bytes_max;
        });
        let settings = ProduceSettings { batch_bytes_max: 250, ..settings() };
        let mut writer = Writer::with(&cluster, PARTITIONS as u32, settings);
        steps.iter().for_each(|step| take(step, &mut writer));
        heal(&cluster);
        writer.step = Duration::from_millis(20);
        writer.check_written_but(|_| false);
        let is_forgotten = |event: &ProduceEvent| matches!(event, ProduceEvent::Delayed(text) if text.contains("do not know"));
        prop_assert!(!writer.events.iter().any(is_forgotten), "{:?}", writer.events);
    }
}
