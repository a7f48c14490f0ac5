//! How many records librdkafka may hold.

/// It may always hold this many.
const RECORDS_MIN: usize = 100;

/// The number of records that librdkafka may hold at once.
///
/// A record that it holds for too long comes back, and with it all others. A new client then gets them again: if these are more
/// than it can send in that time, the last of them come back once more, and while clients are made and connect, little is sent. So
/// the limit becomes half of what the last client has sent. It doubles whenever that many records were acknowledged.
pub(super) struct QueueLimit {
    records_max: usize,
    /// How many were acknowledged since the limit has changed.
    acknowledged: usize,
    /// How many of the present client's were acknowledged.
    acknowledged_by_client: usize,
}

impl Default for QueueLimit {
    fn default() -> Self {
        Self { records_max: usize::MAX, acknowledged: 0, acknowledged_by_client: 0 }
    }
}

impl QueueLimit {
    /// Whether librdkafka may get a further record when it holds this many.
    #[inline]
    pub(super) fn has_room(&self, records: usize) -> bool {
        records < self.records_max
    }

    /// Records that a record was acknowledged.
    #[inline]
    pub(super) fn acknowledged(&mut self) {
        self.acknowledged += 1;
        self.acknowledged_by_client += 1;
        if self.acknowledged >= self.records_max {
            self.change(self.records_max.saturating_mul(2));
        }
    }

    /// Records that a record was held for too long.
    pub(super) fn held_too_long(&mut self) {
        self.change((self.acknowledged_by_client / 2).clamp(RECORDS_MIN, self.records_max));
    }

    /// Records that another client writes from now on.
    pub(super) fn client_replaced(&mut self) {
        self.acknowledged_by_client = 0;
    }

    fn change(&mut self, records_max: usize) {
        self.records_max = records_max;
        self.acknowledged = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acknowledge(limit: &mut QueueLimit, records: usize) {
        (0..records).for_each(|_| limit.acknowledged());
    }

    /// On a busy machine a client held ten thousand records, of which it sent a few hundred before the others were too old. They
    /// came back and were given to the next client at once, again and again, and a commit waited for minutes.
    #[test]
    fn a_slow_client_gets_no_more_than_it_can_send() {
        let mut limit = QueueLimit::default();
        assert!(limit.has_room(1_000_000), "there is no limit at first");
        acknowledge(&mut limit, 600);
        limit.held_too_long();
        assert!(limit.has_room(299) && !limit.has_room(300));
        limit.client_replaced();
        limit.held_too_long();
        assert!(limit.has_room(RECORDS_MIN - 1) && !limit.has_room(RECORDS_MIN), "something is always sent");
    }

    #[test]
    fn the_limit_grows_with_what_was_sent() {
        let mut limit = QueueLimit::default();
        limit.held_too_long();
        acknowledge(&mut limit, 99);
        assert!(!limit.has_room(100));
        acknowledge(&mut limit, 1);
        assert!(limit.has_room(199) && !limit.has_room(200));
        acknowledge(&mut limit, 200);
        assert!(limit.has_room(399));
        limit.held_too_long();
        assert!(!limit.has_room(150), "half of 300");
    }
}
