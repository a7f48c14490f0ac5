//! The message of a panic.

use std::any::Any;

/// The message of a caught panic.
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

#[cfg(test)]
mod tests {
    use std::panic::{catch_unwind, panic_any};

    use super::*;

    #[test]
    fn both_kinds_of_text_are_found() {
        let cases: [(fn(), &str); 3] = [
            (|| panic!("plain"), "plain"),
            (|| panic!("with {}", 1), "with 1"),
            (|| panic_any(7_i32), "a panic without a message"),
        ];
        for (code, expected) in cases {
            assert_eq!(catch_unwind(code).err().map(|panic| panic_message(&*panic)).as_deref(), Some(expected));
        }
    }
}
