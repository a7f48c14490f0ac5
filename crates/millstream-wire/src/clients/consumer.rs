//! The group consumer of the log traits: a member of a group, and a reader of its partitions.

use std::time::Duration;

use millstream_log::{
    CommittedOffset, Fetching, Lease, LogError, LogEvent, Membership, Signal, StartAt, StreamsTaskOffset,
};
use millstream_types::{MonotonicTime, Topic, TopicPartition};

use super::RETRY_AFTER;
use super::exit::Exit;
use super::reader::Reader;
use crate::client::{Cluster, Tasks};
use crate::group::{
    Committed, Coordinator, ExitMode, GroupMember, Member, MemberSettings, StreamsMember, committed_offsets,
};
use crate::settings::FetchSettings;

/// A member of a group that reads partitions. Dropping a dynamic member leaves the group, so that others get its partitions; a
/// static one keeps its membership and may return. Either takes at most some seconds.
pub struct Consumer {
    member: MembershipState,
    exit_mode: ExitMode,
    pub(super) cluster: Cluster,
    coordinator: Coordinator,
    lease: Lease,
    reader: Reader,
    committed: Tasks<Result<Committed, LogError>>,
    signal: Signal,
    last_token: u64,
    ready: Vec<LogEvent>,
}

/// The consumer's relation to its group.
enum MembershipState {
    Member(Box<dyn Member>),
    Left(#[expect(dead_code, reason = "dropping the consumer waits for it")] Option<Exit>),
}

impl Consumer {
    /// A consumer that has not connected yet. Topics are looked up again after `metadata_age_max`, or ten seconds.
    #[must_use]
    pub fn new(
        settings: MemberSettings,
        fetching: FetchSettings,
        metadata_age_max: Option<Duration>,
        signal: &Signal,
    ) -> Self {
        let exit_mode = if settings.instance_id.is_some() { ExitMode::KeepMembership } else { ExitMode::Leave };
        let reader = Reader::new(fetching, metadata_age_max, signal);
        let cluster = reader.cluster().clone();
        let member: Box<dyn Member> = match settings.streams.clone() {
            Some(group) => Box::new(StreamsMember::new(&cluster, settings, group)),
            None => Box::new(GroupMember::new(&cluster, settings)),
        };
        Self {
            coordinator: member.coordinator().clone(),
            lease: member.lease().clone(),
            member: MembershipState::Member(member),
            exit_mode,
            cluster,
            reader,
            committed: Tasks::default(),
            signal: signal.clone(),
            last_token: 0,
            ready: Vec::new(),
        }
    }

    fn exit(&mut self, mode: ExitMode) {
        if let MembershipState::Member(member) = std::mem::replace(&mut self.member, MembershipState::Left(None)) {
            self.member = MembershipState::Left(Some(Exit::begin(member, mode, &self.signal)));
        }
    }

    fn poll_committed(&mut self, events: &mut Vec<LogEvent>) {
        for (_, result) in self.committed.poll() {
            events.push(match result {
                Ok(committed) => LogEvent::Committed(committed),
                Err(error) => LogEvent::Fatal(error),
            });
        }
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.exit(self.exit_mode);
    }
}

impl Membership for Consumer {
    fn subscribe(&mut self, topics: &[Topic]) {
        if let MembershipState::Member(member) = &mut self.member {
            member.subscribe(topics);
        }
        self.signal.raise();
    }

    fn rejoin(&mut self, reason: &'static str) {
        if let MembershipState::Member(member) = &mut self.member {
            member.rejoin(reason);
        }
        self.signal.raise();
    }

    fn report_offsets(&mut self, offsets: &[StreamsTaskOffset]) {
        if let MembershipState::Member(member) = &mut self.member {
            member.report_offsets(offsets);
        }
    }

    fn finish_rebalance(&mut self) {
        if let MembershipState::Member(member) = &mut self.member {
            member.finish_rebalance();
        }
        self.signal.raise();
    }

    fn fetch_committed(&mut self, partitions: &[TopicPartition]) {
        if partitions.is_empty() {
            self.ready.push(LogEvent::Committed(Vec::new()));
        } else {
            self.committed.add(look_up(self.coordinator.clone(), partitions.to_vec()));
        }
        self.signal.raise();
    }

    fn commit(&mut self, offsets: &[(TopicPartition, CommittedOffset)]) -> u64 {
        match &mut self.member {
            MembershipState::Member(member) => self.last_token = member.commit(offsets),
            MembershipState::Left(_) => {
                self.last_token += 1;
                let result = Err(LogError::NotAMember);
                self.ready.push(LogEvent::CommitDone { token: self.last_token, result });
            }
        }
        self.signal.raise();
        self.last_token
    }

    fn lease(&self) -> Option<Lease> {
        Some(self.lease.clone())
    }

    fn leave(&mut self) {
        self.exit(ExitMode::Leave);
    }
}

/// Looks up committed offsets, for as long as it takes: a member waits for them to start its partitions.
async fn look_up(coordinator: Coordinator, partitions: Vec<TopicPartition>) -> Result<Committed, LogError> {
    loop {
        match committed_offsets(coordinator.clone(), Some(partitions.clone())).await {
            Err(error) if error.is_retriable() => coordinator.cluster.report(format!("committed offsets: {error}")),
            result => return result,
        }
        coordinator.cluster.pause(RETRY_AFTER).await;
    }
}

impl Fetching for Consumer {
    fn assign(&mut self, partitions: &[(TopicPartition, StartAt)]) {
        if matches!(self.member, MembershipState::Member(_)) {
            self.reader.assign(partitions);
        }
    }

    fn unassign(&mut self, partitions: &[TopicPartition]) {
        self.reader.unassign(partitions);
    }

    fn poll(&mut self, now: MonotonicTime, wants: &mut dyn FnMut(&TopicPartition) -> bool, events: &mut Vec<LogEvent>) {
        self.cluster.set_now(now);
        if let MembershipState::Member(member) = &mut self.member {
            member.poll(now, events);
        }
        self.reader.poll(now, wants, events);
        events.append(&mut self.ready);
        self.poll_committed(events);
    }
}
