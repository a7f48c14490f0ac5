//! Signals: SIGTERM and Ctrl-C close the applications that listen to them.

use std::io;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::control::{Control, Request};
use millstream_observe::events::State;

/// Signals belong to the process, so the applications that listen to them do too.
static LISTENERS: Mutex<Listeners> = Mutex::new(Listeners { is_listening: false, applications: Vec::new() });

struct Listeners {
    /// Whether the thread that receives the signals runs.
    is_listening: bool,
    /// The applications that the next signal closes.
    applications: Vec<Weak<Control>>,
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
