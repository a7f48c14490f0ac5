//! Heartbeats while the caller of a member does not poll: its own code may take minutes for a record.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use millstream_log::{Lease, Signal};
use millstream_types::MonotonicTime;

use super::config::MemberSettings;
use super::coordinator::{Coordinator, CoordinatorError};
use super::sent_at::lease_length;
use crate::client::{Lane, Task};
use crate::clock::now;
use crate::connection::spawn;

/// How often the deadline of a heartbeat is looked at.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// A heartbeat that another thread than that of the member's caller can send.
pub(super) trait BackgroundHeartbeat: Clone + PartialEq + Send + 'static {
    /// What the coordinator answers.
    type Answer: Send + 'static;

    /// Sends it, and returns the coordinator's answer.
    fn send(
        self,
        coordinator: Coordinator,
        lane: Lane,
    ) -> impl Future<Output = Result<Self::Answer, CoordinatorError>> + Send + 'static;

    /// Whether the coordinator keeps the member.
    fn keeps_member(answer: &Self::Answer) -> bool;

    /// The heartbeat to send next after this answer; `None` if the member's caller has to act first.
    fn after(&self, answer: &Self::Answer) -> Option<Self>;
}

/// A thread that sends the heartbeats of a member while its caller does not poll, for as long as a rebalance would wait for it
/// (`max.poll.interval.ms`). Dropping it ends the thread.
pub(super) struct Background<H: BackgroundHeartbeat> {
    shared: Arc<Mutex<Shared<H>>>,
    _running: SyncSender<()>,
}

/// What the thread and the caller share. The times are those of the system's clock.
struct Shared<H: BackgroundHeartbeat> {
    polled_at: MonotonicTime,
    /// The heartbeat of the present generation; `None` while there is none.
    heartbeat: Option<H>,
    /// The heartbeats of the thread that the coordinator has answered: when they were sent, and the answers.
    answers: Vec<(MonotonicTime, H::Answer)>,
    /// Whether one is in flight.
    is_sending: bool,
    /// Whether an answer was lost, or came when the caller had another heartbeat to send.
    has_lost_answer: bool,
}

impl<H: BackgroundHeartbeat> Background<H> {
    /// Starts the thread, which has connections of its own: those of the coordinator are its caller's to poll.
    pub(super) fn start(coordinator: &Coordinator, settings: &Arc<MemberSettings>, lease: &Lease) -> Self {
        let (running, ended) = sync_channel(1);
        let shared = Arc::new(Mutex::new(Shared {
            polled_at: now(),
            heartbeat: None,
            answers: Vec::new(),
            is_sending: false,
            has_lost_answer: false,
        }));
        let signal = Signal::new();
        let worker = Worker {
            coordinator: coordinator.separate(&signal),
            settings: Arc::clone(settings),
            lease: lease.clone(),
            shared: Arc::clone(&shared),
            signal,
        };
        // Without the thread a member that does not poll loses its partitions when its session is over.
        let _started = spawn("millstream-heartbeat", move || worker.work(&ended));
        Self { shared, _running: running }
    }

    /// The caller polls. Returns the answers to the thread's heartbeats since the last call, with how long ago these were sent.
    pub(super) fn poll(&self) -> Vec<(Duration, H::Answer)> {
        let mut shared = lock(&self.shared);
        shared.polled_at = now();
        let polled_at = shared.polled_at;
        shared.answers.drain(..).map(|(sent_at, answer)| (polled_at - sent_at, answer)).collect()
    }

    /// Whether a heartbeat of the thread is in flight.
    pub(super) fn is_sending(&self) -> bool {
        lock(&self.shared).is_sending
    }

    /// Whether an answer was lost since the last call.
    pub(super) fn take_lost_answer(&self) -> bool {
        std::mem::take(&mut lock(&self.shared).has_lost_answer)
    }

    /// Sets the heartbeat to send.
    pub(super) fn set(&self, heartbeat: Option<H>) {
        let mut shared = lock(&self.shared);
        shared.heartbeat = heartbeat;
        shared.answers.clear();
    }
}

struct Worker<H: BackgroundHeartbeat> {
    coordinator: Coordinator,
    settings: Arc<MemberSettings>,
    lease: Lease,
    shared: Arc<Mutex<Shared<H>>>,
    signal: Signal,
}

impl<H: BackgroundHeartbeat> Worker<H> {
    fn work(self, ended: &Receiver<()>) {
        while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(self.settings.heartbeat_interval) {
            if let Some(heartbeat) = self.due() {
                self.send(heartbeat);
            }
        }
    }

    /// The heartbeat, if the caller should have sent one by now, but has not been away for so long that its place goes to others.
    fn due(&self) -> Option<H> {
        let mut shared = lock(&self.shared);
        let away = now() - shared.polled_at;
        let is_due = away >= 2 * self.settings.heartbeat_interval && away < self.settings.rebalance_timeout;
        let heartbeat = shared.heartbeat.clone().filter(|_| is_due);
        shared.is_sending = heartbeat.is_some();
        heartbeat
    }

    fn send(&self, heartbeat: H) {
        let (sent_at, number) = (now(), self.lease.number());
        let sent = heartbeat.clone();
        let outcome = self.wait(Task::new(sent.send(self.coordinator.clone(), Lane::General)));
        let mut shared = lock(&self.shared);
        shared.is_sending = false;
        // Meanwhile the caller may have joined anew.
        let is_current = shared.heartbeat.as_ref() == Some(&heartbeat) && self.lease.number() == number;
        let Some(answer) = outcome.ok().filter(|_| is_current) else {
            shared.has_lost_answer = true;
            return;
        };
        if H::keeps_member(&answer) {
            self.lease.extend(sent_at + lease_length(&self.settings));
        }
        shared.heartbeat = heartbeat.after(&answer);
        shared.answers.push((sent_at, answer));
    }

    fn wait<T>(&self, mut task: Task<T>) -> T {
        loop {
            self.coordinator.cluster.set_now(now());
            if let Some(outcome) = task.poll() {
                return outcome;
            }
            self.signal.wait(POLL_INTERVAL);
        }
    }
}

fn lock<H: BackgroundHeartbeat>(shared: &Mutex<Shared<H>>) -> MutexGuard<'_, Shared<H>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
