//! Events: what happens to an application, as lines of JSON, to listeners, and as alerts.
//!
//! An [`EventSink`] writes each [`Event`] as a line of JSON to standard output and passes it to the
//! [listeners](EventSink::add_listener) that a program adds. [`Alerts`](crate::alerts::Alerts) sends those that need a person
//! to an HTTP receiver. `docs/formats/events.md` lists all events.
//!
//! # Examples
//! ```
//! use std::sync::Arc;
//! use millstream_observe::SystemClock;
//! use millstream_observe::events::{EventKind, EventSettings, EventSink, State};
//!
//! let events = EventSink::to_stdout("word-count", &EventSettings::default(), Arc::new(SystemClock::new()));
//! events.add_listener(|event| assert_eq!(event.message(), "The application went from created to rebalancing."));
//! events.emit(EventKind::ApplicationState { from: State::Created, to: State::Rebalancing });
//! ```

mod event;
mod fields;
mod group_assigned;
mod health;
mod kind;
mod level;
mod message;
mod progress;
mod record_data;
mod rfc3339;
mod sink;
mod skip;
mod state;
mod suspend_reason;
mod thread_action;
mod throttle;

pub use event::Event;
pub(crate) use fields::{known_offset, millis, offset, text};
pub use group_assigned::GroupAssigned;
pub(crate) use health::HealthTracker;
pub use health::{Health, NotReady};
pub use kind::EventKind;
pub use level::Level;
pub use millstream_types::{Failure, FailureKind, Origin, SkipReason, Skipped};
pub use progress::Progress;
pub use record_data::RecordData;
pub use sink::{EventSettings, EventSink};
pub use skip::SkippedRecords;
pub use state::State;
pub use suspend_reason::SuspendReason;
pub use thread_action::ThreadAction;
