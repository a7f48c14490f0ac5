//! Fetch sessions (KIP-227).

use super::requests::{FetchRequest, RequestedPartition};
use super::script::Script;
use super::session::TestSession;

const FETCH_SESSION_ID_NOT_FOUND: i16 = 70;
const INVALID_FETCH_SESSION_EPOCH: i16 = 71;

impl Script {
    /// Completes a request with the partitions of its session. Returns an error of the whole request; 0 for none.
    pub(super) fn complete(&mut self, request: &mut FetchRequest) -> i16 {
        let (id, epoch) = request.session;
        if !self.has_sessions {
            assert!(epoch == 0 && request.forgotten.is_empty(), "a session that this broker does not know");
            return 0;
        }
        if epoch == 0 {
            self.sessions.remove(&id);
            self.last_session += 1;
            let partitions = request.named.iter().map(|named| (named.clone(), None)).collect();
            self.sessions.insert(self.last_session, TestSession { epoch: 1, partitions });
            request.session = (self.last_session, 0);
            return 0;
        }
        let Some(session) = self.sessions.get_mut(&id) else { return FETCH_SESSION_ID_NOT_FOUND };
        if session.epoch != epoch {
            return INVALID_FETCH_SESSION_EPOCH;
        }
        session.epoch += 1;
        for named in &request.named {
            let is_it = |known: &RequestedPartition| (&known.topic, known.number) == (&named.topic, named.number);
            match session.partitions.iter_mut().find(|(known, _)| is_it(known)) {
                Some((known, _)) => known.clone_from(named),
                None => session.partitions.push((named.clone(), None)),
            }
        }
        let is_kept = |(known, _): &(RequestedPartition, Option<i64>)| {
            !request.forgotten.iter().any(|(topic, number)| (topic, number) == (&known.topic, &known.number))
        };
        session.partitions.retain(is_kept);
        request.partitions = session.partitions.iter().map(|(known, _)| known.clone()).collect();
        0
    }

    /// Records which end of a partition is told in a session. Returns whether that is news.
    pub(super) fn tell_end(&mut self, request: &FetchRequest, of: &RequestedPartition, end: i64) -> bool {
        let Some(session) = self.sessions.get_mut(&request.session.0) else { return true };
        let known =
            session.partitions.iter_mut().find(|(known, _)| (&known.topic, known.number) == (&of.topic, of.number));
        known.is_none_or(|(_, told)| told.replace(end) != Some(end))
    }
}
