//! Calls of a log that the user may have written.

use millstream_types::{Failure, FailureKind, catch_panic};

/// Calls a client of the log. A panic in it is the log's failure, and names the client; nothing is known of the client's
/// state afterwards, so the thread has to end.
///
/// # Errors
/// When the client panics.
///
/// # Examples
/// ```
/// use millstream_task::call_log;
/// use millstream_types::FailureKind;
///
/// assert_eq!(call_log("consumer", || 1), Ok(1));
/// let failure = call_log("consumer", || panic!("no socket")).unwrap_err();
/// assert_eq!(failure.kind, FailureKind::Log);
/// assert_eq!(failure.to_string(), "the log failed: its consumer panicked: no socket");
/// ```
pub fn call_log<T>(client: &str, call: impl FnOnce() -> T) -> Result<T, Failure> {
    catch_panic(call).map_err(|message| Failure::new(FailureKind::Log, format!("its {client} panicked: {message}")))
}
