//! A cluster for tests: brokers in this process that respond by a script, and record the requests.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "brokers in real time, on threads of their own"
)]

mod bytes;
mod calls;
pub(crate) mod certificates;
mod codes;
pub(crate) mod names;
mod pace;
mod partition;
mod producing;
mod random;
mod records;
mod requests;
mod responses;
mod script;
mod sequences;
mod serving;
mod session;
mod sessions;
mod tests;
pub(crate) mod tls_server;

use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use crate::sasl::SaslSettings;
use crate::security::SecuritySettings;
use crate::settings::ClientSettings;

use self::calls::APIS;
pub(crate) use self::calls::{TestGroup, TestMember, Waiting};
use self::codes::DUPLICATE_SEQUENCE;
pub(crate) use self::codes::{API_VERSIONS, FETCH, INIT_PRODUCER_ID, METADATA, PRODUCE};
pub(crate) use self::pace::Pace;
pub(crate) use self::partition::TestPartition;
pub(crate) use self::random::Random;
pub(crate) use self::records::Written;
pub(crate) use self::requests::{FetchRequest, SentBatch};
use self::script::Shared;
pub(crate) use self::script::{Fault, Script};

/// The time of a test stands still while a broker that responds is as late as this. Otherwise it would be taken for silent
/// on a busy machine.
pub(crate) const LATE_MAX: Duration = Duration::from_millis(200);

/// Brokers 1, 2, … in this process, which end with it.
pub(crate) struct TestCluster(Arc<Shared>);

impl TestCluster {
    pub(crate) fn start(brokers: i32) -> Self {
        let shared = Arc::new(Shared::default());
        {
            let mut script = shared.script.lock().unwrap();
            (script.fetch_newest, script.produce_newest) = (18, 13);
            script.has_sessions = true;
            script.passed_sequence_error = DUPLICATE_SEQUENCE;
        }
        for broker in 1..=brokers {
            let port = serving::listen(broker, &shared);
            shared.script.lock().unwrap().ports.insert(broker, port);
        }
        Self(shared)
    }

    /// Adds partitions of the topic `t`, from number 0 on.
    pub(crate) fn with(self, partitions: impl IntoIterator<Item = TestPartition>) -> Self {
        let numbered = (0..).zip(partitions).map(|(number, partition)| (("t".to_owned(), number), partition));
        self.edit(|script| script.partitions.extend(numbered));
        self
    }

    /// Requires this user with the password `p`; only `u` is known. An authentication is valid for this long.
    pub(crate) fn with_user(self, user: &str, session_ms: i64) -> Self {
        let sasl = SaslSettings::Plain { user: user.to_owned(), password: "p".into() };
        let security = SecuritySettings { tls: None, sasl: Some(sasl) }.into();
        self.edit(|script| (script.security, script.session_ms) = (security, session_ms));
        self
    }

    /// How to reach it.
    pub(crate) fn client(&self) -> ClientSettings {
        let (bootstrap_servers, security) =
            self.edit(|script| (format!("127.0.0.1:{}", script.ports[&1]), script.security.clone()));
        let bootstrap_servers = bootstrap_servers.parse().unwrap();
        ClientSettings { bootstrap_servers, client_id: "tester".to_owned(), security, ..ClientSettings::default() }
    }

    /// The same, with these brokers to begin with.
    pub(crate) fn client_of(&self, brokers: &[i32]) -> ClientSettings {
        let address = |broker: &i32| self.edit(|script| format!("127.0.0.1:{}", script.ports[broker]));
        let bootstrap_servers = brokers.iter().map(address).collect::<Vec<_>>().join(",").parse().unwrap();
        ClientSettings { bootstrap_servers, ..self.client() }
    }

    /// Looks at the script, or changes it.
    pub(crate) fn edit<T>(&self, edit: impl FnOnce(&mut Script) -> T) -> T {
        let edited = edit(&mut self.0.script.lock().unwrap());
        self.0.changed.notify_all();
        edited
    }

    pub(crate) fn fault(&self, broker: i32, kind: i16, fault: Fault) {
        self.edit(|script| script.faults.insert((broker, kind), fault));
    }

    /// Tells whether a broker responds at all: a broker on a busy machine does, however late.
    pub(crate) fn responds(&self) -> impl Fn(i32) -> bool + use<> {
        let shared = Arc::clone(&self.0);
        move |broker| {
            let script = shared.script.lock().unwrap();
            !script.faults.iter().any(|((of, _), fault)| *of == broker && *fault == Fault::Held)
        }
    }

    /// Lets all brokers listen at other ports. The old ones are closed, and the connections end.
    pub(crate) fn move_to_other_ports(&self) {
        let old = self.edit(|script| std::mem::take(&mut script.ports));
        for (broker, port) in old {
            let moved = serving::listen(broker, &self.0);
            self.edit(|script| {
                script.ports.insert(broker, moved);
                script.disconnect(broker);
            });
            // Wakes the thread that listens there.
            drop(TcpStream::connect(("127.0.0.1", port)));
        }
    }

    /// The broker keeps its connections, accepts others, and responds to nothing.
    pub(crate) fn silence(&self, broker: i32) {
        let all = APIS.iter().map(|(api, ..)| *api).chain([API_VERSIONS, FETCH, PRODUCE, INIT_PRODUCER_ID]);
        self.edit(|script| script.faults.extend(all.map(|api| ((broker, api), Fault::Held))));
    }

    /// How many connections are open at all brokers.
    pub(crate) fn open(&self) -> usize {
        self.edit(|script| script.open.values().sum())
    }

    pub(crate) fn heal(&self) {
        self.edit(|script| {
            script.faults.clear();
            script.calls.heal();
        });
    }
}

/// Wakes the listening threads, so that they end.
impl Drop for TestCluster {
    fn drop(&mut self) {
        if let Ok(mut script) = self.0.script.lock() {
            script.is_over = true;
            self.0.changed.notify_all();
            script.ports.values().for_each(|port| drop(TcpStream::connect(("127.0.0.1", *port))));
        }
    }
}
