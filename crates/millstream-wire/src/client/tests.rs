//! Calls to test brokers, which respond correctly, or with a fault, or not at all.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "against brokers in real time, on threads of their own"
)]

mod broken;
mod connections;
mod corpus;
mod hedging;
mod hostile;
mod versions;

use std::time::{Duration, Instant};

use millstream_log::Signal;
use millstream_protocol::Request;
use millstream_protocol::messages as of;
use millstream_types::MonotonicTime;

use super::{CallError, Cluster, Lane, Task};
use crate::settings::ClientSettings;
use crate::testing::{API_VERSIONS, Fault, Pace, TestCluster, TestPartition};

/// The longest time that a test waits.
const PATIENCE: Duration = Duration::from_secs(30);

const LIST_GROUPS: i16 = of::ListGroupsRequest::API_KEY;

/// Brokers, and a client of theirs.
struct Rig {
    brokers: TestCluster,
    cluster: Cluster,
    now: MonotonicTime,
    /// How far the time goes on while all calls wait.
    step: Duration,
    pace: Pace,
}

impl Rig {
    /// A client that knows three brokers.
    fn new() -> Self {
        Self::with(Duration::from_secs(6))
    }

    fn with(request_timeout: Duration) -> Self {
        let brokers = TestCluster::start(3).with([TestPartition::new(1).with(&[3])]);
        let client = ClientSettings { request_timeout, ..brokers.client_of(&[1, 2, 3]) };
        let cluster = Cluster::new(client, &Signal::new());
        let ports = brokers.edit(|script| script.ports.clone());
        ports.iter().for_each(|(broker, port)| cluster.add_broker(*broker, "127.0.0.1", i32::from(*port)));
        let now = MonotonicTime::after_start(Duration::from_secs(1_000));
        let mut rig = Self { brokers, cluster, now, step: Duration::from_millis(50), pace: Pace::new() };
        rig.pass(Duration::ZERO);
        rig
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.cluster.set_now(self.now);
    }

    /// The result of work that waits for brokers.
    #[track_caller]
    fn run<T: 'static>(&mut self, work: impl Future<Output = T> + Send + 'static) -> T {
        let (mut task, begin) = (Task::new(work), Instant::now());
        loop {
            if let Some(result) = task.poll() {
                return result;
            }
            assert!(begin.elapsed() < PATIENCE, "it takes too long");
            if self.pace.is_settled(&self.brokers, std::iter::once(&self.cluster)) {
                let step = self.step;
                self.pass(step);
            }
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    #[track_caller]
    fn call<R>(&mut self, broker: i32, request: R) -> Result<R::Response, CallError>
    where
        R: Request + Clone + Send + 'static,
        R::Response: Send + 'static,
    {
        let cluster = self.cluster.clone();
        self.run(
            async move { cluster.call(broker, Lane::General, Duration::from_secs(3), move |_| request.clone()).await },
        )
    }

    #[track_caller]
    fn list_groups(&mut self, broker: i32) -> Result<(), CallError> {
        self.call(broker, of::ListGroupsRequest::default()).map(drop)
    }

    #[track_caller]
    fn any(&mut self) -> Result<(), CallError> {
        let cluster = self.cluster.clone();
        self.run(async move { cluster.any(|_| of::ListGroupsRequest::default()).await.map(drop) })
    }

    /// The brokers that have got `ListGroups`.
    fn asked(&self) -> Vec<i32> {
        self.brokers.edit(|script| script.calls.calls_of(LIST_GROUPS).iter().map(|call| call.broker).collect())
    }

    fn opened(&self, broker: i32) -> usize {
        self.brokers.edit(|script| script.opened.get(&broker).copied().unwrap_or(0))
    }

    #[track_caller]
    fn wait(&self, what: &str, is_it: impl Fn(&Self) -> bool) {
        let begin = Instant::now();
        while !is_it(self) {
            assert!(begin.elapsed() < PATIENCE, "never: {what}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
