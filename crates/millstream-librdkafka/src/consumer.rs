//! The group consumer: one client for the membership, one for the records.

use millstream_log::{CommittedOffset, Fetching, GroupConfig, LogError, LogEvent, Membership, Signal, StartAt};
use millstream_types::{MonotonicTime, Topic, TopicPartition};

use crate::broker_session::BrokerSession;
use crate::committed::{CommittedOffsets, MakeClient};
use crate::group_exit::{ExitMode, GroupExit};
use crate::member::Member;
use crate::reader::Reader;
use crate::rejoin::Rejoin;
use crate::settings::GroupProtocol;

/// The group consumer of the log traits.
pub(crate) struct Consumer {
    is_static: bool,
    rejoin: Rejoin,
    membership: MembershipState,
    /// Under KIP-848, where the broker decides on the session.
    session: Option<BrokerSession>,
    reader: Reader,
    signal: Signal,
    committed: CommittedOffsets,
    last_token: u64,
    ready: Vec<LogEvent>,
}

/// The consumer's relation to its group.
enum MembershipState {
    Member(Box<Member>),
    /// Not a member yet, since another client has its identity.
    Outside,
    /// Leaving the group, or no longer in it.
    Left(#[expect(dead_code, reason = "dropping the consumer waits for it")] Option<GroupExit>),
}

impl Consumer {
    pub(crate) fn new(
        member: Member,
        rejoin: Rejoin,
        reader: Reader,
        make_client: MakeClient,
        config: &GroupConfig,
        protocol: GroupProtocol,
        signal: &Signal,
    ) -> Self {
        let session = || BrokerSession::new(reader.client(), &config.group_id, signal);
        Self {
            is_static: config.instance_id.is_some(),
            rejoin,
            membership: MembershipState::Member(Box::new(member)),
            session: (protocol == GroupProtocol::Consumer).then(session),
            reader,
            signal: signal.clone(),
            committed: CommittedOffsets::new(&config.group_id, make_client, signal),
            last_token: 0,
            ready: Vec::new(),
        }
    }

    fn poll_session(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>) {
        if let Some(timeout) = self.session.as_mut().and_then(|session| session.poll(now)) {
            self.rejoin.set_session_timeout(timeout);
            events.push(LogEvent::SessionTimeout(timeout));
        }
    }

    fn poll_group(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>) {
        match &mut self.membership {
            MembershipState::Member(member) => {
                member.poll(events);
                if member.is_identity_taken() {
                    let event = self.rejoin.refused(now);
                    let is_final = matches!(event, LogEvent::Fatal(_));
                    self.membership = if is_final { MembershipState::Left(None) } else { MembershipState::Outside };
                    events.push(event);
                }
            }
            MembershipState::Outside => match self.rejoin.try_again(now) {
                Ok(Some(member)) => self.membership = MembershipState::Member(Box::new(member)),
                Ok(None) => {}
                Err(error) => events.push(LogEvent::Fatal(error)),
            },
            MembershipState::Left(_) => {}
        }
    }

    fn exit(&mut self, mode: ExitMode) {
        if let MembershipState::Member(member) = std::mem::replace(&mut self.membership, MembershipState::Left(None)) {
            self.membership = MembershipState::Left(Some(GroupExit::begin(*member, mode)));
        }
    }
}

/// Dropping a member closes it step by step, since librdkafka cannot end one in the middle of a rebalance otherwise. A dynamic
/// member leaves the group, so that others get its partitions; a static one keeps its membership and may return.
impl Drop for Consumer {
    fn drop(&mut self) {
        self.exit(if self.is_static { ExitMode::KeepMembership } else { ExitMode::Leave });
    }
}

impl Membership for Consumer {
    fn subscribe(&mut self, topics: &[Topic]) {
        self.rejoin.subscribe(topics);
        if let MembershipState::Member(member) = &mut self.membership {
            member.subscribe(topics);
        }
    }

    fn finish_rebalance(&mut self) {
        if let MembershipState::Member(member) = &mut self.membership {
            member.finish_rebalance();
        }
    }

    fn fetch_committed(&mut self, partitions: &[TopicPartition]) {
        if partitions.is_empty() {
            self.ready.push(LogEvent::Committed(Vec::new()));
            self.signal.raise();
        } else {
            self.committed.request(partitions.to_vec());
        }
    }

    fn commit(&mut self, offsets: &[(TopicPartition, CommittedOffset)]) -> u64 {
        match &mut self.membership {
            MembershipState::Member(member) => self.last_token = member.commit(offsets),
            MembershipState::Outside | MembershipState::Left(_) => {
                self.last_token += 1;
                let result = Err(LogError::NotAMember);
                self.ready.push(LogEvent::CommitDone { token: self.last_token, result });
                self.signal.raise();
            }
        }
        self.last_token
    }

    fn leave(&mut self) {
        self.exit(ExitMode::Leave);
    }
}

impl Fetching for Consumer {
    fn assign(&mut self, partitions: &[(TopicPartition, StartAt)]) {
        if !matches!(self.membership, MembershipState::Left(_)) {
            self.reader.assign(partitions);
        }
    }

    fn unassign(&mut self, partitions: &[TopicPartition]) {
        self.reader.unassign(partitions);
    }

    fn poll(&mut self, now: MonotonicTime, wants: &mut dyn FnMut(&TopicPartition) -> bool, events: &mut Vec<LogEvent>) {
        self.poll_session(now, events);
        self.poll_group(now, events);
        self.reader.poll(now, wants, events);
        events.append(&mut self.ready);
        self.committed.poll(now, events);
    }
}
