//! Signals: SIGTERM and Ctrl-C close the applications that listen to them.

use std::io;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::control::{Control, Request};
use super::streams::Streams;
use millstream_observe::events::State;

/// Signals belong to the process, so the applications that listen to them do too.
static LISTENERS: Mutex<Listeners> = Mutex::new(Listeners { is_listening: false, applications: Vec::new() });

struct Listeners {
    /// Whether the thread that receives the signals runs.
    is_listening: bool,
    /// The applications that the next signal closes.
    applications: Vec<Weak<Control>>,
}

impl Streams {
    /// Lets SIGTERM and Ctrl-C (SIGINT) close this application, as [`StreamsHandle::close`](crate::StreamsHandle::close) does,
    /// from before its first thread starts. What waits for the application's end, such as
    /// [`wait_until_ended`](crate::StreamsHandle::wait_until_ended), then returns.
    ///
    /// A signal closes all applications of the process that listen. If all of them are closing already or have ended, for
    /// example after a second Ctrl-C, the signal ends the process at once, as it does by default. Other signals, and a
    /// program's own handlers of these, are not affected. [`start`](Self::start) fails if the handler cannot be installed.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(application: millstream_runtime::Streams) -> Result<(), Box<dyn std::error::Error>> {
    /// let streams = application.close_on_signals().start()?;
    /// streams.wait_until_ended()?;
    /// # Ok(()) }
    /// ```
    pub fn close_on_signals(mut self) -> Self {
        self.closes_on_signals = true;
        self
    }
}

/// From now on signals close this application.
pub(super) fn close_on_signals(control: &Arc<Control>) -> io::Result<()> {
    let mut listeners = LISTENERS.lock().unwrap_or_else(PoisonError::into_inner);
    if !listeners.is_listening {
        listen()?;
        listeners.is_listening = true;
    }
    listeners.applications.push(Arc::downgrade(control));
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a signal arrives at any time, whatever the other threads do")]
fn listen() -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let receive = move || {
        for signal in signals.forever() {
            if !close_applications() {
                // It returns for unknown signals only.
                _ = emulate_default_handler(signal);
            }
        }
    };
    std::thread::Builder::new().name("millstream-signals".to_owned()).spawn(receive).map(drop)
}

/// Closes the applications that listen. Returns whether there was any. Each is closed by one signal only.
fn close_applications() -> bool {
    let listening = std::mem::take(&mut LISTENERS.lock().unwrap_or_else(PoisonError::into_inner).applications);
    let mut any = false;
    for control in listening.iter().filter_map(Weak::upgrade).filter(|control| is_at_work(control)) {
        any |= control.requests.send(Request::Close(control.shared.config.close_limit)).is_ok();
    }
    any
}

fn is_at_work(control: &Control) -> bool {
    matches!(control.lifecycle.state(), State::Created | State::Rebalancing | State::Running)
}
