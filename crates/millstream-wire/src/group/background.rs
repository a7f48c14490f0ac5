//! Heartbeats while the caller of a member does not poll: its own code may take minutes for a record.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use millstream_log::{Lease, Signal};
use millstream_protocol::ErrorCode;
use millstream_types::MonotonicTime;

use super::config::MemberSettings;
use super::coordinator::{Coordinator, CoordinatorError};
use super::session::{Heartbeat, lease_length};
use crate::client::{Lane, Task};
use crate::clock::now;
use crate::connection::spawn;

/// How often the deadline of a heartbeat is looked at.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// A thread that sends the heartbeats of a member while its caller does not poll, for as long as a rebalance would wait for it
/// (`max.poll.interval.ms`). Dropping it ends the thread.
pub(super) struct Background {
    shared: Arc<Mutex<Shared>>,
    _running: SyncSender<()>,
}

/// What the thread and the caller share. The times are those of the system's clock.
struct Shared {
    polled_at: MonotonicTime,
    /// The heartbeat of the present generation; `None` while there is none.
    heartbeat: Option<Heartbeat>,
    /// When the last heartbeat of the thread was sent that the coordinator has answered.
    heard_at: Option<MonotonicTime>,
}

impl Background {
    /// Starts the thread, which has connections of its own: those of the coordinator are its caller's to poll.
    pub(super) fn start(coordinator: &Coordinator, settings: &Arc<MemberSettings>, lease: &Lease) -> Self {
        let (running, ended) = sync_channel(1);
        let shared = Arc::new(Mutex::new(Shared { polled_at: now(), heartbeat: None, heard_at: None }));
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

    /// The caller polls. Returns how long ago the thread's last heartbeat was sent, if it has sent any since the last call.
    pub(super) fn poll(&self) -> Option<Duration> {
        let mut shared = lock(&self.shared);
        shared.polled_at = now();
        shared.heard_at.take().map(|heard_at| shared.polled_at - heard_at)
    }

    /// Sets the heartbeat to send.
    pub(super) fn set(&self, heartbeat: Option<Heartbeat>) {
        let mut shared = lock(&self.shared);
        (shared.heartbeat, shared.heard_at) = (heartbeat, None);
    }
}

struct Worker {
    coordinator: Coordinator,
    settings: Arc<MemberSettings>,
    lease: Lease,
    shared: Arc<Mutex<Shared>>,
    signal: Signal,
}

impl Worker {
    fn work(self, ended: &Receiver<()>) {
        while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(self.settings.heartbeat_interval) {
            if let Some(heartbeat) = self.due() {
                self.send(heartbeat);
            }
        }
    }

    /// The heartbeat, if the caller should have sent one by now, but has not been away for so long that its place goes to others.
    fn due(&self) -> Option<Heartbeat> {
        let shared = lock(&self.shared);
        let away = now() - shared.polled_at;
        let is_due = away >= 2 * self.settings.heartbeat_interval && away < self.settings.rebalance_timeout;
        shared.heartbeat.clone().filter(|_| is_due)
    }

    fn send(&self, heartbeat: Heartbeat) {
        let (sent_at, number) = (now(), self.lease.number());
        let sent = heartbeat.clone();
        let outcome = self.wait(Task::new(sent.send(self.coordinator.clone(), Lane::General)));
        let mut shared = lock(&self.shared);
        // Meanwhile the caller may have joined anew.
        let is_current = shared.heartbeat.as_ref() == Some(&heartbeat) && self.lease.number() == number;
        if is_current && matches!(outcome, Ok(ErrorCode::NONE | ErrorCode::REBALANCE_IN_PROGRESS)) {
            shared.heard_at = Some(sent_at);
            self.lease.extend(sent_at + lease_length(&self.settings));
        }
    }

    fn wait(&self, mut task: Task<Result<ErrorCode, CoordinatorError>>) -> Result<ErrorCode, CoordinatorError> {
        loop {
            self.coordinator.cluster.set_now(now());
            if let Some(outcome) = task.poll() {
                return outcome;
            }
            self.signal.wait(POLL_INTERVAL);
        }
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
