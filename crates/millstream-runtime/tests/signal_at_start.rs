//! A signal that arrives while an application starts closes it.
#![cfg(all(feature = "signals", unix))]
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Once;

use millstream_observe::events::State;
use millstream_runtime::Streams;
use signal_hook::consts::SIGTERM;
use signal_hook::low_level::raise;
use support::{config, counting, log};

/// An application was asked to listen once it had started. A container that was stopped in between ended at once: its first
/// threads were at work, and nothing was closed.
#[test]
fn a_signal_at_the_first_event_closes_the_application() {
    let first = Once::new();
    let streams = Streams::new(counting(), config("stopped-at-once"))
        .with_log(log())
        .with_listener(move |_| first.call_once(|| raise(SIGTERM).unwrap()))
        .close_on_signals()
        .start()
        .unwrap();
    streams.wait_until_ended().unwrap();
    assert_eq!(streams.state(), State::Closed);
}
