//! Short forms of keys and values: `"text"` for a `String`, a plain value for an `Option`.

/// A value that converts into a `T` in a test.
///
/// * any `T`, so also `None` for an `Option<T>`,
/// * a `T` for an `Option<T>`,
/// * `"text"` for a `String` or an `Option<String>`.
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
    fn short_forms_convert_into_the_type_of_the_topic() {
        assert_eq!(pipe::<String>("a"), "a");
        assert_eq!(pipe::<Option<String>>("a"), Some("a".to_owned()));
        assert_eq!(pipe::<Option<String>>("a".to_owned()), Some("a".to_owned()));
        assert_eq!(pipe::<Option<String>>(None), None);
        assert_eq!(pipe::<i64>(5), 5);
        assert_eq!(pipe::<Option<i64>>(5), Some(5));
    }
}
