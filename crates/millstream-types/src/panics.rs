//! Panics of code that the library calls: they are caught, and become messages.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs code that may panic, such as the user's. What it borrows has to stay usable after a panic.
///
/// # Errors
/// The message of the panic.
///
/// # Examples
/// ```
/// use millstream_types::catch_panic;
///
/// assert_eq!(catch_panic(|| 1), Ok(1));
/// assert_eq!(catch_panic(|| panic!("no such account")), Err::<(), _>("no such account".to_owned()));
/// ```
pub fn catch_panic<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let message = panic_message(&*panic);
        drop_payload(panic);
        message
    })
}

/// The message of a panic.
///
/// # Examples
/// ```
/// let panic = std::panic::catch_unwind(|| panic!("no such account")).unwrap_err();
/// assert_eq!(millstream_types::panic_message(&*panic), "no such account");
/// ```
#[must_use]
pub fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without a message".to_owned())
}

/// Drops the value that was given to `panic_any`, which may panic itself.
fn drop_payload(payload: Box<dyn Any + Send>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        #[expect(clippy::mem_forget, reason = "the next payload may panic, too")]
        mem::forget(again);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    #[test]
    fn both_kinds_of_text_are_found() {
        let cases: [(fn(), &str); 3] = [
            (|| panic!("plain"), "plain"),
            (|| panic!("with {}", 1), "with 1"),
            (|| panic_any(7_i32), "a panic without a message"),
        ];
        for (code, expected) in cases {
            assert_eq!(catch_panic(code), Err(expected.to_owned()));
        }
    }

    /// It left the code that had caught the first panic.
    #[test]
    fn a_payload_that_panics_when_it_is_dropped_is_caught() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic_any(Self);
            }
        }
        assert_eq!(catch_panic(|| panic_any(Bomb)), Err::<(), _>("a panic without a message".to_owned()));
    }
}
