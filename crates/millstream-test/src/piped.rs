//! What a test may write for a key or value: `"text"` where the topic has `String`, a plain value where it has `Option`.

/// A way to write a `T` briefly in a test.
///
/// * any `T` as itself; for an `Option<T>` therefore also `None`,
/// * a `T` where an `Option<T>` is expected,
/// * `"text"` where a `String` or an `Option<String>` is expected.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` cannot be piped where the topic has `{T}`",
    label = "write a value of `{T}` here",
    note = "the types of a topic are those given to `input_topic::<K, V>(..)`"
)]
pub trait Piped<T> {
    /// The value.
    fn piped(self) -> T;
}

impl<T> Piped<T> for T {
    fn piped(self) -> T {
        self
    }
}

impl<T> Piped<Option<T>> for T {
    fn piped(self) -> Option<T> {
        Some(self)
    }
}

impl Piped<String> for &str {
    fn piped(self) -> String {
        self.to_owned()
    }
}

impl Piped<Option<String>> for &str {
    fn piped(self) -> Option<String> {
        Some(self.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pipe<T>(value: impl Piped<T>) -> T {
        value.piped()
    }

    #[test]
    fn brief_forms_become_the_topics_type() {
        assert_eq!(pipe::<String>("a"), "a");
        assert_eq!(pipe::<Option<String>>("a"), Some("a".to_owned()));
        assert_eq!(pipe::<Option<String>>("a".to_owned()), Some("a".to_owned()));
        assert_eq!(pipe::<Option<String>>(None), None);
        assert_eq!(pipe::<i64>(5), 5);
        assert_eq!(pipe::<Option<i64>>(5), Some(5));
    }
}
