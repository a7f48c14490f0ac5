//! The in-process [`GroupConsumer`](crate::GroupConsumer).

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use millstream_types::{MonotonicTime, Topic, TopicPartition};

use super::group::{Change, Group, Identity, MemberId, Offer};
use super::lock::lock;
use super::reader::Reader;
use super::shared::Shared;
use crate::{CommittedOffset, Fetching, GroupConfig, LogError, LogEvent, Membership, Signal, StartAt};

/// A commit: its token and offsets.
type Commit = (u64, Vec<(TopicPartition, CommittedOffset)>);

/// The state of a consumer in its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Not subscribed, or lost and not rejoined yet.
    NotJoined,
    Member(MemberId),
    /// Left or fenced: the consumer cannot be used any more.
    Done,
}

/// An event that waits for [`Membership::finish_rebalance`].
#[derive(Debug)]
enum Pending {
    Offer(Offer),
    Lost,
}

/// A group member with its reader. If it is dropped without [`leave`](Membership::leave), its session times out.
#[derive(Debug)]
pub(super) struct Consumer {
    shared: Arc<Shared>,
    group_id: String,
    group: Arc<Mutex<Group>>,
    identity: Identity,
    reader: Reader,
    topics: Vec<Topic>,
    standing: Standing,
    /// The delivered partitions; fewer than it owns while an assignment is in flight.
    held: BTreeSet<TopicPartition>,
    pending: Option<Pending>,
    commits: VecDeque<Commit>,
    last_token: u64,
    ready: Vec<LogEvent>,
}

impl Consumer {
    pub(super) fn new(shared: &Arc<Shared>, config: &GroupConfig, signal: &Signal) -> Self {
        Self {
            group_id: config.group_id.clone(),
            group: shared.group(&config.group_id),
            identity: Identity::new(config, signal),
            reader: Reader::new(Arc::clone(shared), signal),
            shared: Arc::clone(shared),
            topics: Vec::new(),
            standing: Standing::NotJoined,
            held: BTreeSet::new(),
            pending: None,
            commits: VecDeque::new(),
            last_token: 0,
            ready: Vec::new(),
        }
    }

    fn join(&mut self) {
        let id = lock(&self.group).join(self.identity.clone(), &self.topics);
        self.standing = Standing::Member(id);
    }

    /// Whether a fault stops it. That ends when the group has removed it.
    fn is_frozen(&self, now: Option<MonotonicTime>) -> bool {
        if !self.shared.faults.is_frozen(&self.identity.client_id) {
            return false;
        }
        let Standing::Member(id) = self.standing else { return false };
        let mut group = lock(&self.group);
        if let Some(now) = now {
            group.expire(now);
        }
        let is_member = group.check(id, None).is_ok();
        if !is_member {
            self.shared.faults.thaw(&self.identity.client_id);
        }
        is_member
    }

    fn run_commits(&mut self) {
        while let Some((token, offsets)) = self.commits.pop_front() {
            let result = self.run_commit(&offsets);
            self.ready.push(LogEvent::CommitDone { token, result });
        }
    }

    fn run_commit(&self, offsets: &[(TopicPartition, CommittedOffset)]) -> Result<(), LogError> {
        let Standing::Member(id) = self.standing else { return Err(LogError::NotAMember) };
        let mut group = lock(&self.group);
        group.check(id, self.identity.instance_id.as_deref())?;
        self.shared.faults.commit_failure(&self.group_id).map_or(Ok(()), Err)?;
        group.commit(id, self.identity.instance_id.as_deref(), offsets)
    }

    /// Sends a heartbeat, and handles the rebalance steps of the group, one at a time.
    fn poll_group(&mut self, now: MonotonicTime) {
        let Standing::Member(id) = self.standing else { return };
        let mut group = lock(&self.group);
        group.heartbeat(id, now);
        let standing = group.check(id, self.identity.instance_id.as_deref());
        let (news, offer) =
            if self.pending.is_none() { (group.take_news(id), group.take_offer(id)) } else { (Vec::new(), None) };
        drop(group);
        self.ready.extend(news);
        match standing {
            Ok(()) => offer.into_iter().for_each(|offer| self.deliver(offer)),
            Err(error @ LogError::Fenced { .. }) => {
                self.finish();
                self.ready.push(LogEvent::Fatal(error));
            }
            Err(_) => self.handle_loss(),
        }
    }

    fn deliver(&mut self, offer: Offer) {
        let partitions = offer.partitions.clone();
        if offer.change == Change::Assigned {
            self.held.extend(partitions.iter().cloned());
        }
        self.ready.push(match offer.change {
            Change::Assigned => LogEvent::Assigned(partitions),
            Change::Revoked => LogEvent::Revoked(partitions),
        });
        self.pending = Some(Pending::Offer(offer));
    }

    /// Emits the loss of the partitions. A member without partitions rejoins at once.
    fn handle_loss(&mut self) {
        if self.pending.is_some() {
            return;
        }
        if self.held.is_empty() {
            self.join();
            return;
        }
        self.standing = Standing::NotJoined;
        self.pending = Some(Pending::Lost);
        self.ready.push(LogEvent::Lost(std::mem::take(&mut self.held).into_iter().collect()));
    }

    fn finish(&mut self) {
        self.standing = Standing::Done;
        self.pending = None;
        self.held.clear();
        self.reader.clear();
    }
}

impl Membership for Consumer {
    fn subscribe(&mut self, topics: &[Topic]) {
        self.topics = topics.to_vec();
        match self.standing {
            Standing::Member(id) => lock(&self.group).resubscribe(id, topics),
            Standing::NotJoined if self.pending.is_none() => self.join(),
            Standing::NotJoined | Standing::Done => {}
        }
    }

    fn rejoin(&mut self, _reason: &'static str) {
        if let Standing::Member(id) = self.standing {
            lock(&self.group).rejoin(id);
        }
    }

    fn finish_rebalance(&mut self) {
        match self.pending.take() {
            None => {}
            Some(Pending::Lost) => self.join(),
            Some(Pending::Offer(offer)) => {
                if offer.change == Change::Revoked {
                    self.held.retain(|partition| !offer.partitions.contains(partition));
                }
                if let Standing::Member(id) = self.standing {
                    lock(&self.group).respond(id);
                }
                self.identity.signal.raise();
            }
        }
    }

    fn fetch_committed(&mut self, partitions: &[TopicPartition]) {
        let group = lock(&self.group);
        let committed = partitions.iter().map(|partition| (partition.clone(), group.committed(partition))).collect();
        drop(group);
        self.ready.push(LogEvent::Committed(committed));
        self.identity.signal.raise();
    }

    fn commit(&mut self, offsets: &[(TopicPartition, CommittedOffset)]) -> u64 {
        self.last_token += 1;
        self.commits.push_back((self.last_token, offsets.to_vec()));
        if !self.is_frozen(None) {
            self.run_commits();
            self.identity.signal.raise();
        }
        self.last_token
    }

    fn leave(&mut self) {
        if let Standing::Member(id) = self.standing {
            lock(&self.group).leave(id);
        }
        self.finish();
    }
}

impl Fetching for Consumer {
    fn assign(&mut self, partitions: &[(TopicPartition, StartAt)]) {
        if self.standing != Standing::Done {
            self.reader.assign(partitions);
        }
    }

    fn unassign(&mut self, partitions: &[TopicPartition]) {
        self.reader.unassign(partitions);
    }

    fn poll(&mut self, now: MonotonicTime, wants: &mut dyn FnMut(&TopicPartition) -> bool, events: &mut Vec<LogEvent>) {
        if self.is_frozen(Some(now)) {
            return;
        }
        self.run_commits();
        self.poll_group(now);
        events.append(&mut self.ready);
        self.reader.poll(now, wants, events);
    }
}
