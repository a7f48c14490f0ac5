//! SIGTERM and Ctrl-C close the applications of a process, and those only.
#![cfg(all(feature = "signals", unix))]
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use millstream_log::in_process::InProcessLog;
use millstream_observe::events::State;
use millstream_runtime::{Streams, StreamsHandle};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level::raise;
use support::{LIMIT, config, counting, log, run};

/// Both signals in one test, since they belong to the process. A signal that finds no application to close ends the
/// process, which a test of the word count covers.
#[test]
fn each_signal_closes_the_applications_that_listen_and_no_other() {
    for signal in [SIGTERM, SIGINT] {
        let log = log();
        let (first, second) = (listening("first", &log), listening("second", &log));
        let deaf = run(counting(), config("deaf"), &log);
        raise(signal).unwrap();
        first.wait_until_ended().unwrap();
        second.wait_until_ended().unwrap();
        assert_eq!((first.state(), second.state()), (State::Closed, State::Closed));
        assert_eq!(deaf.wait_until(State::Closed, Duration::from_millis(50)), State::Running);
        deaf.close_blocking(LIMIT).unwrap();
    }
}

/// An application that runs, and listens to signals.
fn listening(id: &str, log: &InProcessLog) -> StreamsHandle {
    let streams = Streams::new(counting(), config(id)).with_log(log.clone()).close_on_signals().start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running, "{:?}", streams.failure());
    streams
}
