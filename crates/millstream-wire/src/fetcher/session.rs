//! A fetch session (KIP-227): the broker remembers the partitions that a connection requests, and requests name only what has
//! changed.

use std::collections::{BTreeMap, BTreeSet};

use millstream_types::TopicPartition;

use crate::messages::fetch::{FetchPartition, FetchResponse, SessionRequest};

/// The session of a connection, as the broker knows it.
#[derive(Default)]
pub(super) struct FetchSession {
    /// 0 while there is none.
    id: i32,
    /// The number of the next request. 0 names all partitions, and begins a session.
    epoch: i32,
    /// The partitions, as they were requested last.
    known: BTreeMap<TopicPartition, FetchPartition>,
}

impl FetchSession {
    /// The next request, for exactly these partitions.
    pub(super) fn request(&mut self, requested: Vec<FetchPartition>) -> SessionRequest {
        // Of a partition that begins anew the broker must say everything again.
        if requested.iter().any(|it| it.is_new && self.known.contains_key(&it.partition)) {
            self.epoch = 0;
        }
        if self.epoch == 0 {
            self.known = requested.iter().map(|it| (it.partition.clone(), it.clone())).collect();
            return SessionRequest { id: self.id, epoch: 0, named: requested, forgotten: Vec::new() };
        }
        let forgotten = self.forget_all_but(&requested);
        let mut named = Vec::new();
        for it in requested {
            if self.known.get(&it.partition).is_none_or(|known| known.differs(&it)) {
                self.known.insert(it.partition.clone(), it.clone());
                named.push(it);
            }
        }
        // Those of a topic are written together.
        named.sort_by(|one, other| one.partition.topic.cmp(&other.partition.topic));
        SessionRequest { id: self.id, epoch: self.epoch, named, forgotten }
    }

    fn forget_all_but(&mut self, requested: &[FetchPartition]) -> Vec<TopicPartition> {
        let are_the_same =
            requested.len() == self.known.len() && requested.iter().all(|it| self.known.contains_key(&it.partition));
        if are_the_same {
            return Vec::new();
        }
        let kept: BTreeSet<&TopicPartition> = requested.iter().map(|it| &it.partition).collect();
        let forgotten: Vec<_> = self.known.keys().filter(|partition| !kept.contains(partition)).cloned().collect();
        forgotten.iter().for_each(|partition| drop(self.known.remove(partition)));
        forgotten
    }

    /// Takes the number of the session from a response. Marks the response if the partitions that it leaves out are unchanged.
    pub(super) fn responded(&mut self, response: &mut FetchResponse) {
        if response.session == 0 {
            // The broker has no session for this connection: it has too many, or has dropped this one.
            *self = Self::default();
            return;
        }
        response.is_incremental = self.epoch > 0;
        self.id = response.session;
        self.epoch = self.epoch.checked_add(1).unwrap_or(1);
    }
}
