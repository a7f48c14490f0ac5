//! Who decides what becomes of a record that fails.

use std::fmt;
use std::sync::Arc;

use millstream_core::chain::{Decision, Failure, FailureKind};

/// Decides whether a task stops or goes on without the record.
///
/// # Examples
/// ```
/// use millstream_core::chain::Decision;
/// use millstream_task::ErrorHandler;
///
/// let lenient = ErrorHandler::custom(|failure| {
///     if failure.message.contains("checksum") { Decision::Continue } else { Decision::Fail }
/// });
/// # let _ = lenient;
/// ```
#[derive(Clone, Default)]
pub enum ErrorHandler {
    /// Stop the task.
    #[default]
    Fail,
    /// Leave the record out, count it, go on.
    Continue,
    /// As this function says. It is called on the stream thread, once for each failure.
    Custom(Arc<dyn Fn(&Failure) -> Decision + Send + Sync>),
}

impl ErrorHandler {
    /// A handler that asks `decide`.
    pub fn custom(decide: impl Fn(&Failure) -> Decision + Send + Sync + 'static) -> Self {
        Self::Custom(Arc::new(decide))
    }

    fn decide(&self, failure: &Failure) -> Decision {
        match self {
            Self::Fail => Decision::Fail,
            Self::Continue => Decision::Continue,
            Self::Custom(decide) => decide(failure),
        }
    }
}

impl fmt::Debug for ErrorHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fail => "Fail",
            Self::Continue => "Continue",
            Self::Custom(_) => "Custom",
        })
    }
}

/// The three handlers of an application; each stops the task by default.
///
/// A record of a changelog that the log refuses, a store that fails and a topology that does not fit are nobody's to
/// decide: the task stops.
#[derive(Clone, Debug, Default)]
pub struct Handlers {
    /// For records whose key or value cannot be read.
    pub deserialization: ErrorHandler,
    /// For records on which a processor returned an error.
    pub processing: ErrorHandler,
    /// For records that cannot be written: no encoding, no topic, refused by the log.
    pub production: ErrorHandler,
}

impl Handlers {
    /// What becomes of the record.
    #[must_use]
    pub fn decide(&self, failure: &Failure) -> Decision {
        match failure.kind {
            FailureKind::Deserialization => self.deserialization.decide(failure),
            FailureKind::Processing => self.processing.decide(failure),
            FailureKind::Serialization | FailureKind::Production => self.production.decide(failure),
            FailureKind::Timestamp | FailureKind::Store | FailureKind::Topology => Decision::Fail,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(kind: FailureKind) -> Failure {
        Failure { kind, node: "node".to_owned(), origin: None, message: "broken".to_owned() }
    }

    #[test]
    fn each_kind_has_its_handler() {
        let asked = |name: &'static str| {
            ErrorHandler::custom(move |failure| {
                let expected = match failure.kind {
                    FailureKind::Deserialization => "deserialization",
                    FailureKind::Processing => "processing",
                    _ => "production",
                };
                assert_eq!(name, expected);
                Decision::Continue
            })
        };
        let handlers = Handlers {
            deserialization: asked("deserialization"),
            processing: asked("processing"),
            production: asked("production"),
        };
        let decide = |kind| handlers.decide(&failure(kind));
        for kind in
            [FailureKind::Deserialization, FailureKind::Processing, FailureKind::Serialization, FailureKind::Production]
        {
            assert_eq!(decide(kind), Decision::Continue);
        }
        for kind in [FailureKind::Timestamp, FailureKind::Store, FailureKind::Topology] {
            assert_eq!(decide(kind), Decision::Fail, "nobody may go on after {kind:?}");
        }
    }

    #[test]
    fn the_default_is_to_fail() {
        assert_eq!(Handlers::default().decide(&failure(FailureKind::Processing)), Decision::Fail);
    }
}
