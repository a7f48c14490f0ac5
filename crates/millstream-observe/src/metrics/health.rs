//! The health of an application as gauges.

use std::sync::Arc;

use metrics::{Label, gauge};

use crate::events::{Health, State};

/// A gauge of an application: its name, the state if there is a gauge for each, and the value.
pub(super) type HealthSample = (&'static str, Option<State>, f64);

/// The gauges of an application; those of one name follow each other.
pub(super) fn samples(health: &Health) -> Vec<HealthSample> {
    let one_if = |is_so: bool| f64::from(u8::from(is_so));
    let threads_in = |state| health.threads.values().filter(|of_thread| **of_thread == state).count() as f64;
    let states = State::ALL.into_iter();
    let applications =
        states.clone().map(|state| ("millstream_application_state", Some(state), one_if(health.state == state)));
    let paused = ("millstream_application_paused", None, one_if(health.paused));
    let log = ("millstream_log_available", None, one_if(health.log_outage.is_none()));
    let threads = states.map(|state| ("millstream_threads", Some(state), threads_in(state)));
    applications.chain([paused, log]).chain(threads).collect()
}

/// Exports the gauges through the `metrics` facade.
pub(crate) fn export_health(health: &Health) {
    for (name, state, value) in samples(health) {
        let application = Label::new("application", Arc::clone(&health.application));
        let labels = [Some(application), state.map(|state| Label::new("state", state.label()))];
        gauge!(name, labels.into_iter().flatten().collect::<Vec<_>>()).set(value);
    }
}
