//! Error messages: a sentence, and its causes.

use std::error::Error;
use std::{fmt, iter};

/// The most causes of an error that are named. Its `source` is user code, and may return causes without end.
pub(crate) const CAUSES_MAX: usize = 100;

/// Writes the message of an error, then a line for each of its sources that the text so far does not contain.
///
/// # Errors
/// When the formatter fails.
///
/// # Examples
/// ```
/// use std::{fmt, io};
/// use millstream_types::error_text::write_chain;
///
/// struct Report(io::Error);
///
/// impl fmt::Display for Report {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         write_chain(&self.0, f)
///     }
/// }
///
/// assert_eq!(Report(io::Error::other("no space left on device")).to_string(), "no space left on device");
/// ```
pub fn write_chain(error: &dyn Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = error.to_string();
    for cause in iter::successors(error.source(), |&cause| cause.source()).take(CAUSES_MAX) {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str("\ncaused by: ");
            text.push_str(&cause_text);
        }
    }
    f.write_str(&text)
}

/// Implements `Debug` for an error so that `{:?}` prints its message and its causes.
///
/// A program whose `main` returns `Result<(), Box<dyn Error>>` prints its error by `Debug`. With this macro it prints a
/// sentence instead of the names of types and fields.
///
/// # Examples
/// ```
/// #[derive(thiserror::Error)]
/// #[error("setting `{name}` is empty; give it a value")]
/// struct Empty {
///     name: &'static str,
/// }
///
/// millstream_types::debug_as_sentence!(Empty);
///
/// assert_eq!(format!("{:?}", Empty { name: "threads" }), "setting `threads` is empty; give it a value");
/// ```
#[macro_export]
macro_rules! debug_as_sentence {
    ($($error:ty),+ $(,)?) => {$(
        impl ::std::fmt::Debug for $error {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                $crate::error_text::write_chain(self, f)
            }
        }
    )+};
}

#[cfg(test)]
mod tests {
    use std::io;

    #[derive(thiserror::Error)]
    enum Failure {
        #[error("the store cannot be opened")]
        Store(#[source] io::Error),
        #[error("the log does not respond: {0}")]
        Log(#[source] io::Error),
    }

    debug_as_sentence!(Failure);

    #[test]
    fn causes_follow_unless_the_message_names_them() {
        let cause = || io::Error::other("no space left on device");
        assert_eq!(
            format!("{:?}", Failure::Store(cause())),
            "the store cannot be opened\ncaused by: no space left on device"
        );
        assert_eq!(format!("{:?}", Failure::Log(cause())), "the log does not respond: no space left on device");
    }
}
