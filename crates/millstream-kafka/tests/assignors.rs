//! Members with an assignor of their own in one group with members of librdkafka, which have none: as while a program that used
//! librdkafka is replaced by one with the assignor, and back.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test with a real broker, in real time")]

#[path = "support/requests.rs"]
mod requests;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use millstream_kafka::KafkaLog;
use millstream_log::{
    AssignorAssignment, AssignorMember, GroupAssignor, GroupConfig, GroupConsumer, Log, LogEvent, Signal,
};
use millstream_types::{Topic, TopicPartition};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use requests::{create, now};
use support::Broker;

const PATIENCE: Duration = Duration::from_secs(60);
const PARTITIONS: u32 = 6;

/// Assigns by turns. The user data is the number of members.
struct Turns;

impl GroupAssignor for Turns {
    fn name(&self) -> &'static str {
        "turns"
    }

    fn subscription(&self) -> Vec<u8> {
        Vec::new()
    }

    fn assign(
        &self,
        members: &[AssignorMember],
        partitions: &BTreeMap<Topic, u32>,
    ) -> Result<Vec<AssignorAssignment>, String> {
        let all: Vec<_> = partitions.iter().flat_map(|(it, count)| (0..*count).map(|at| (it.clone(), at))).collect();
        let assignment = |(turn, member): (usize, &AssignorMember)| {
            let others = || members.iter().filter(|other| other.member_id != member.member_id);
            let own = all.iter().skip(turn).step_by(members.len()).map(|(it, at)| TopicPartition::new(it, *at));
            let free = own.filter(|it| !others().any(|other| other.owned.contains(it)));
            let user_data = vec![members.len() as u8];
            AssignorAssignment { member_id: member.member_id.clone(), partitions: free.collect(), user_data }
        };
        Ok(members.iter().enumerate().map(assignment).collect())
    }
}

enum Member {
    /// One with the assignor, what it owns, and the user data that it got last.
    New(Box<dyn GroupConsumer>, BTreeSet<u32>, Option<Option<Vec<u8>>>),
    /// One of librdkafka.
    Old(BaseConsumer),
}

impl Member {
    fn new(log: &KafkaLog, group: &str, topic: &str) -> Self {
        let config =
            GroupConfig { assignor: Some(Arc::new(Turns)), ..GroupConfig::new(group, "new", Duration::from_secs(6)) };
        let mut consumer = log.consumer(&config, &Signal::new()).unwrap();
        consumer.subscribe(&[Topic::from(topic)]);
        Self::New(consumer, BTreeSet::new(), None)
    }

    fn old(broker: &Broker, group: &str, topic: &str) -> Self {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", broker.bootstrap())
            .set("group.id", group)
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", "6000")
            .set("heartbeat.interval.ms", "500")
            .create()
            .unwrap();
        consumer.subscribe(&[topic]).unwrap();
        Self::Old(consumer)
    }

    /// Polls, and carries out what is assigned and revoked. Returns what it owns.
    fn poll(&mut self) -> BTreeSet<u32> {
        match self {
            Self::Old(consumer) => {
                consumer.poll(Duration::from_millis(5)).transpose().unwrap();
                let owned = consumer.assignment().unwrap();
                owned.elements().iter().map(|it| u32::try_from(it.partition()).unwrap()).collect()
            }
            Self::New(consumer, owned, last) => {
                let mut events = Vec::new();
                consumer.poll(now(), &mut |_| true, &mut events);
                for event in events {
                    match event {
                        LogEvent::Assigned(partitions) => owned.extend(numbers(&partitions)),
                        LogEvent::Revoked(partitions) => {
                            numbers(&partitions).for_each(|it| assert!(owned.remove(&it), "{it} is revoked"));
                        }
                        LogEvent::AssignmentData { user_data } => {
                            *last = Some(user_data);
                            continue;
                        }
                        other => panic!("{other:?}"),
                    }
                    consumer.finish_rebalance();
                }
                owned.clone()
            }
        }
    }

    fn user_data(&self) -> Option<&Option<Vec<u8>>> {
        match self {
            Self::New(_, _, last) => last.as_ref(),
            Self::Old(_) => None,
        }
    }
}

fn numbers(partitions: &[TopicPartition]) -> impl Iterator<Item = u32> {
    partitions.iter().map(|it| it.partition.number())
}

/// Polls until the members own so many partitions each, and those with the assignor got this. No two own the same at any time.
#[track_caller]
fn until(what: &str, members: &mut [&mut Member], sizes: &[usize], expected: Option<u8>) {
    let began = Instant::now();
    let expected = Some(expected.map(|count| vec![count]));
    loop {
        let owned: Vec<BTreeSet<u32>> = members.iter_mut().map(|member| member.poll()).collect();
        let all: BTreeSet<u32> = owned.iter().flatten().copied().collect();
        assert_eq!(all.len(), owned.iter().map(BTreeSet::len).sum::<usize>(), "one has two owners: {owned:?}");
        let has_data =
            |member: &&mut Member| matches!(member, Member::Old(_)) || member.user_data() == expected.as_ref();
        if owned.iter().map(BTreeSet::len).eq(sizes.iter().copied()) && members.iter().all(has_data) {
            return;
        }
        let last: Vec<_> = members.iter().map(|member| member.user_data()).collect();
        assert!(began.elapsed() < PATIENCE, "never: {what}: {owned:?}, {last:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn members_of_librdkafka_and_members_with_an_assignor_replace_each_other() {
    let broker = Broker::shared();
    let log = KafkaLog::new(broker.bootstrap());
    let (group, topic) = ("mixed", "mixed");
    create(&log, topic, PARTITIONS);
    let mut old = Member::old(&broker, group, topic);
    until("one of librdkafka has all", &mut [&mut old], &[6], None);
    // It leads, also when the others come.
    let (mut a, mut b) = (Member::new(&log, group, topic), Member::new(&log, group, topic));
    until("three share", &mut [&mut old, &mut a, &mut b], &[2, 2, 2], None);
    drop(old);
    until("those with the assignor share", &mut [&mut a, &mut b], &[3, 3], Some(2));
    // One of them leads.
    let mut old = Member::old(&broker, group, topic);
    until("one of librdkafka is back", &mut [&mut a, &mut b, &mut old], &[2, 2, 2], None);
    drop(a);
    drop(b);
    until("it has all", &mut [&mut old], &[6], None);
}
