//! What the brokers do with these requests, and those that they got.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use millstream_protocol::Request;
use millstream_protocol::messages as of;
use millstream_protocol::messages::streams_group_describe::StreamsGroupDescribeResponseMember;

use super::super::codes::{FETCH, PRODUCE};
use super::call::Call;
use super::group::{Answer, Answers, TestGroup};

/// An error that is injected, and how often.
#[derive(Clone, Copy, Debug)]
struct Injected {
    error: i16,
    left: usize,
}

/// A topic, or a partition of one, in the responses of an API. The number of a topic is -1.
type Item = (i16, String, i32);

/// What the brokers do with these requests, and those that they got.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    /// The requests in the order in which they came, also those of connections that ended at once.
    pub(crate) requests: Vec<Call>,
    /// Versions that differ from those of the codecs, by API; `None` for an API that is not supported.
    pub(crate) versions: BTreeMap<i16, Option<(i16, i16)>>,
    pub(crate) groups: BTreeMap<String, TestGroup>,
    /// The responses to heartbeats in streams groups, in this order; then they say nothing new.
    pub(crate) streams_heartbeats: VecDeque<of::StreamsGroupHeartbeatResponse>,
    /// The members of streams groups, as they are described.
    pub(crate) streams_members: Vec<StreamsGroupDescribeResponseMember>,
    /// Settings by topic.
    pub(crate) configs: BTreeMap<String, BTreeMap<String, String>>,
    /// The ids of topics that were created again.
    pub(crate) topic_ids: BTreeMap<String, u8>,
    /// The broker that look-ups name as the controller; 0 for broker 1.
    pub(crate) controller: i32,
    errors: BTreeMap<i16, Injected>,
    item_errors: BTreeMap<Item, Injected>,
    left_out: BTreeSet<Item>,
    pub(super) answers: Answers,
    last_ticket: u64,
    /// How many requests have no response because they wait or are held, by API.
    pub(crate) waiting: BTreeMap<i16, usize>,
}

/// A request that has its response, or a ticket for it.
pub(crate) enum Served {
    Now(Vec<u8>),
    Later(u64),
}

impl Calls {
    /// Answers so many requests of an API with an error.
    pub(crate) fn fail(&mut self, api: i16, error: i16, times: usize) {
        self.errors.insert(api, Injected { error, left: times });
    }

    /// Answers so many requests of an API with an error of a topic (number -1) or of a partition.
    pub(crate) fn fail_item(&mut self, api: i16, topic: &str, number: i32, error: i16, times: usize) {
        self.item_errors.insert((api, topic.to_owned(), number), Injected { error, left: times });
    }

    /// Leaves a topic (number -1) or a partition out of the responses of an API.
    pub(crate) fn leave_out(&mut self, api: i16, topic: &str, number: i32) {
        self.left_out.insert((api, topic.to_owned(), number));
    }

    /// Injects no more errors.
    pub(crate) fn heal(&mut self) {
        self.errors.clear();
        self.item_errors.clear();
        self.left_out.clear();
    }

    /// A group, which broker 1 coordinates unless it was moved.
    pub(crate) fn group(&mut self, id: &str) -> &mut TestGroup {
        self.groups.entry(id.to_owned()).or_default()
    }

    /// Changes a group in a way that may answer requests which wait.
    pub(crate) fn with_group<T>(&mut self, id: &str, change: impl FnOnce(&mut TestGroup, &mut Answers) -> T) -> T {
        change(self.groups.entry(id.to_owned()).or_default(), &mut self.answers)
    }

    /// The requests of one kind, decoded.
    pub(crate) fn requests_of<R: Request>(&self) -> Vec<R> {
        self.calls_of(R::API_KEY).into_iter().map(|call| call.read().0).collect()
    }

    /// The requests of one API, with their brokers and versions.
    pub(crate) fn calls_of(&self, api: i16) -> Vec<Call> {
        self.requests.iter().filter(|call| call.api == api).cloned().collect()
    }

    /// How many calls have no response because they wait or are held.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.iter().filter(|(api, _)| ![FETCH, PRODUCE].contains(api)).map(|(_, count)| count).sum()
    }

    /// How many requests of an API have no response because they wait or are held.
    pub(crate) fn waiting_for(&self, api: i16) -> usize {
        self.waiting.get(&api).copied().unwrap_or(0)
    }

    /// The injected error of the next response of an API; 0 for none.
    pub(super) fn error(&mut self, api: i16) -> i16 {
        take(self.errors.get_mut(&api))
    }

    /// The injected error of a topic or partition; `None` if it is left out.
    pub(super) fn item(&mut self, api: i16, topic: &str, number: i32) -> Option<i16> {
        let item = (api, topic.to_owned(), number);
        (!self.left_out.contains(&item)).then(|| take(self.item_errors.get_mut(&item)))
    }

    pub(crate) fn has_answer(&self, ticket: u64) -> bool {
        self.answers.contains_key(&ticket)
    }

    /// The frame of an answer that was waited for.
    pub(crate) fn answered(&mut self, ticket: u64, call: &Call, correlation: i32) -> Option<Vec<u8>> {
        Some(match self.answers.remove(&ticket)? {
            Answer::Join(response) => call.frame::<of::JoinGroupRequest>(&response, correlation),
            Answer::Sync(response) => call.frame::<of::SyncGroupRequest>(&response, correlation),
        })
    }

    pub(super) fn ticket(&mut self) -> u64 {
        self.last_ticket += 1;
        self.last_ticket
    }
}

fn take(injected: Option<&mut Injected>) -> i16 {
    match injected {
        Some(injected) if injected.left > 0 => {
            injected.left -= 1;
            injected.error
        }
        _ => 0,
    }
}
