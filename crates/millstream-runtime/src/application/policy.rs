//! What happens to the application when a thread fails.

use std::fmt;
use std::sync::Arc;

use millstream_observe::catch_panic;
use millstream_observe::events::{Failure, ThreadAction};

/// Decides what happens after a failure that no handler has handled: an error for which the handler decided to fail, a
/// panic in user code, a final error of the log.
///
/// The failed thread itself ends in any case: its tasks are closed without a commit, and what they processed since the
/// last one is processed again, here or elsewhere.
///
/// # Examples
/// ```
/// use millstream_runtime::UncaughtErrors;
/// use millstream_observe::events::{FailureKind, ThreadAction};
///
/// let errors = UncaughtErrors::custom(|failure| match failure.kind {
///     FailureKind::Log => ThreadAction::Replace,
///     _ => ThreadAction::StopApplication,
/// });
/// # let _ = errors;
/// ```
#[derive(Clone)]
pub struct UncaughtErrors(Policy);

#[derive(Clone)]
enum Policy {
    Always(ThreadAction),
    Custom(Arc<dyn Fn(&Failure) -> ThreadAction + Send + Sync>),
}

impl UncaughtErrors {
    /// Always the same action.
    #[must_use]
    pub const fn always(action: ThreadAction) -> Self {
        Self(Policy::Always(action))
    }

    /// Decides by this function. It is called once for each failure, on a thread that processes nothing. If it panics, the
    /// application stops.
    pub fn custom(decide: impl Fn(&Failure) -> ThreadAction + Send + Sync + 'static) -> Self {
        Self(Policy::Custom(Arc::new(decide)))
    }

    pub(crate) fn decide(&self, failure: &Failure) -> ThreadAction {
        match &self.0 {
            Policy::Always(action) => *action,
            Policy::Custom(decide) => catch_panic(|| decide(failure)).unwrap_or(ThreadAction::StopApplication),
        }
    }
}

/// Stops the application, as Kafka Streams does.
impl Default for UncaughtErrors {
    fn default() -> Self {
        Self::always(ThreadAction::StopApplication)
    }
}

impl fmt::Debug for UncaughtErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Policy::Always(action) => f.debug_tuple("Always").field(action).finish(),
            Policy::Custom(_) => f.write_str("Custom"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use millstream_observe::events::FailureKind;

    #[test]
    fn a_policy_that_panics_stops_the_application() {
        let errors = UncaughtErrors::custom(|failure| panic!("cannot cope with {failure}"));
        assert_eq!(errors.decide(&Failure::new(FailureKind::Panic, "x")), ThreadAction::StopApplication);
    }
}
