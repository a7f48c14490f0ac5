//! Creates a thread's clients, starts the operating system's thread, and runs the loop.

use std::io;
use std::sync::Arc;

use millstream_changelog::Restorer;
use millstream_log::{GroupAssignor, GroupConfig, LogError, Signal};

use super::closing::Ending;
use super::owned_tasks::Clients;
use super::stream_thread::{StreamThread, Turn};
use crate::assignment::WorkPlan;
use crate::assignment::group::{OnDisk, ThreadAssignor, streams_group};
use crate::channel::Channel;
use crate::config::GroupProtocol;
use crate::messages::{ClientIds, ThreadCommand, ThreadEnd, ThreadEvent, ThreadNumber, thread_name};
use crate::shared::Shared;
use millstream_observe::catch_panic;
use millstream_observe::events::{EventKind, Failure, FailureKind, State};
use millstream_task::{Outbox, call_log};

/// Why a thread did not start.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum SpawnError {
    /// The log did not create a client for it.
    #[error("the log did not create a client for a stream thread: {0}")]
    Log(#[from] LogError),
    /// The operating system did not start it.
    #[error("a thread could not be started: {0}")]
    Thread(#[from] io::Error),
}

millstream_types::debug_as_sentence!(SpawnError);

/// Starts a stream thread. Returns the channel for its commands.
pub(crate) fn spawn(
    shared: &Arc<Shared>,
    number: ThreadNumber,
    plan: Arc<WorkPlan>,
    cache_bytes: usize,
) -> Result<Channel<ThreadCommand>, SpawnError> {
    let signal = Signal::new();
    let commands = Channel::new(signal.clone());
    let clients = clients(shared, number, &plan, &signal)?;
    let thread = StreamThread::new(Arc::clone(shared), number, plan, commands.clone(), clients, cache_bytes);
    start(Arc::clone(shared), number, commands.clone(), thread)?;
    Ok(commands)
}

fn clients(shared: &Arc<Shared>, number: ThreadNumber, plan: &WorkPlan, signal: &Signal) -> Result<Clients, LogError> {
    let name = thread_name(&shared.client_id, number);
    let ClientIds { consumer, producer, restore } = ClientIds::of(&name);
    let on_disk = (number == ThreadNumber::FIRST).then(|| look_up_disk(shared));
    let assignor = ThreadAssignor::new(Arc::clone(&plan.instance), shared.events.for_thread(name), on_disk);
    let assignor = shared.log.takes_assignors().then(|| Arc::new(assignor));
    let streams = (shared.config.group_protocol == GroupProtocol::Streams)
        .then(|| Arc::new(streams_group(plan, &shared.config, &shared.process_id.to_string())));
    // In a streams group the broker assigns the tasks.
    let brought = assignor.clone().filter(|_| streams.is_none());
    let group = GroupConfig {
        assignor: brought.map(|assignor| assignor as Arc<dyn GroupAssignor>),
        streams,
        rack: shared.config.rack.clone(),
        instance_id: shared.config.instance_id.as_ref().map(|instance| format!("{instance}-{number}")),
        ..GroupConfig::new(&shared.config.application_id, &consumer, shared.config.session_timeout)
    };
    let mut outbox = Outbox::new(shared.log.producer(&producer, signal)?, shared.handlers.clone());
    outbox.set_session_timeout(shared.config.session_timeout);
    let consumer = shared.log.consumer(&group, signal)?;
    consumer.lease().into_iter().for_each(|lease| outbox.set_lease(lease));
    Ok(Clients {
        consumer,
        assignor,
        outbox: outbox.with_retentions(Arc::clone(&plan.retentions)),
        restorer: Restorer::new(shared.log.fetcher(&restore, signal)?, shared.log.admin(&restore, signal)?),
    })
}

fn look_up_disk(shared: &Arc<Shared>) -> OnDisk {
    let shared = Arc::clone(shared);
    Box::new(move || {
        let noted = shared.local_state.as_ref().and_then(|local| local.directory().offset_sums().ok());
        noted.unwrap_or_default()
    })
}

#[expect(clippy::disallowed_methods, reason = "the application's threads begin here and in the supervisor only")]
fn start(
    shared: Arc<Shared>,
    number: ThreadNumber,
    commands: Channel<ThreadCommand>,
    mut thread: StreamThread,
) -> io::Result<()> {
    let name = thread_name(&shared.client_id, number);
    let run = move || {
        shared.number.mark_current_thread();
        // Whatever panics on the way out: an end that is not reported would be waited for.
        let ended = catch_panic(|| run(&mut thread));
        commands.close();
        let internal = |message| ThreadEnd::Failed(Failure::new(FailureKind::Internal, message));
        let end = ended.unwrap_or_else(internal);
        let end = drop_clients(thread).map_or_else(ThreadEnd::Failed, |()| end);
        // Refused, the application has ended without waiting for this thread.
        _ = shared.thread_events.send(ThreadEvent::Ended(number, end));
    };
    std::thread::Builder::new().name(name).spawn(run).map(drop)
}

/// Runs turns until the thread is closed or fails. A panic in user code is a failure like any other.
fn run(thread: &mut StreamThread) -> ThreadEnd {
    let signal = thread.commands().signal().clone();
    let worked = guarded(thread, |thread| {
        thread.subscribe();
        loop {
            match thread.turn()? {
                Turn::Again => {}
                Turn::Wait(limit) => drop(signal.wait(limit)),
                Turn::Closed(ending) => return Ok(ending),
            }
        }
    });
    let ending = *worked.as_ref().unwrap_or(&Ending::Unclean);
    // Closing runs user code too. If that panics, the tasks are dropped and the group is left all the same.
    let ended = guarded(thread, |thread| {
        thread.end(ending);
        Ok(ending)
    });
    let left = if ended.is_err() { call_log("consumer", || thread.leave_group()) } else { Ok(()) };
    match worked.and(ended).and_then(|ending| left.map(|()| ending)) {
        Ok(ending) => {
            thread.enter(State::Closed);
            match ending {
                Ending::Clean => ThreadEnd::Clean,
                Ending::Unclean => ThreadEnd::Unclean,
            }
        }
        Err(failure) => {
            thread.enter(State::Error);
            ThreadEnd::Failed(failure)
        }
    }
}

/// Drops the thread's clients before its end is reported: a program may exit once its application has closed, and the
/// clients leave the group when they are dropped.
fn drop_clients(thread: StreamThread) -> Result<(), Failure> {
    catch_panic(|| drop(thread)).map_err(|message| Failure::new(FailureKind::Panic, message))
}

/// Runs a part of the thread; a panic in it becomes a failure of the task that was running.
fn guarded<T>(
    thread: &mut StreamThread,
    run: impl FnOnce(&mut StreamThread) -> Result<T, Failure>,
) -> Result<T, Failure> {
    catch_panic(|| run(thread)).unwrap_or_else(|message| {
        // Only code that runs in a task may be the user's.
        let task = thread.panicked_task();
        let kind = if task.is_some() { FailureKind::Panic } else { FailureKind::Internal };
        let failure = Failure::new(kind, message);
        if let Some(task) = task {
            thread.events().for_task(task).emit(EventKind::TaskFailed(failure.clone()));
        }
        Err(failure)
    })
}
