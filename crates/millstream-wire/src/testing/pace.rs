//! When the time of a test may go on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::TestCluster;
use super::script::Shared;
use crate::client::{Cluster, Counter};

/// How long nothing must have happened while calls are in flight: a broker notices within 5 ms that a client has closed a
/// connection.
const QUIET: Duration = Duration::from_millis(20);

/// Lets time go on only while all calls that are in flight wait at brokers, so that no broker seems to be silent on a busy
/// machine.
pub(crate) struct Pace {
    /// Busy connections, calls that have begun, requests that wait, requests that have come.
    seen: [usize; 4],
    since: Instant,
}

impl TestCluster {
    /// Tells whether only time can make a difference to the calls of a client.
    pub(crate) fn settled(&self) -> impl FnMut(&Cluster) -> bool + use<> {
        let (shared, mut pace) = (Arc::clone(&self.0), Pace::new());
        move |client| pace.is_settled_at(&shared, std::iter::once(client))
    }
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self { seen: [0; 4], since: Instant::now() }
    }

    /// Whether only time can make a difference.
    pub(crate) fn is_settled<'a>(&mut self, brokers: &TestCluster, clients: impl Iterator<Item = &'a Cluster>) -> bool {
        self.is_settled_at(&brokers.0, clients)
    }

    fn is_settled_at<'a>(&mut self, brokers: &Shared, clients: impl Iterator<Item = &'a Cluster>) -> bool {
        let counters: Vec<Counter> = clients.flat_map(Cluster::counters).collect();
        let busy = counters.iter().filter(|counter| counter.is_busy()).count();
        if busy == 0 {
            return true;
        }
        let script = brokers.script.lock().unwrap();
        let (waiting, come) = (script.calls.waiting(), script.calls.requests.len());
        let seen = [busy, counters.iter().map(Counter::begun).sum(), waiting, come];
        if self.seen != seen {
            (self.seen, self.since) = (seen, Instant::now());
        }
        // Handshakes of connections for fetching and producing may wait too.
        busy <= waiting && self.since.elapsed() >= QUIET
    }
}
