//! Removes quotes of the value from serde's messages.

/// serde's names for the kinds of unexpected values.
const KINDS: [&str; 15] = [
    "boolean",
    "integer",
    "floating point",
    "character",
    "string",
    "byte array",
    "unit value",
    "null",
    "Option value",
    "newtype struct",
    "sequence",
    "map",
    "enum",
    "unit variant",
    "newtype variant",
];

/// The message of an error of a type's serde implementation, without quotes of values.
///
/// serde's own messages are recognised by their beginning. Messages of other code are replaced.
pub(in crate::serde) fn without_quotes(message: &str) -> String {
    for (beginning, short) in [("invalid type: ", "invalid type"), ("invalid value: ", "invalid value")] {
        if let Some(rest) = message.strip_prefix(beginning) {
            let kind =
                KINDS.iter().find(|kind| rest.starts_with(**kind)).map_or(String::new(), |kind| format!(": {kind}"));
            return with_expected(&format!("{short}{kind}"), rest);
        }
    }
    for (beginning, short) in [("unknown variant `", "unknown variant"), ("unknown field `", "unknown field")] {
        if let Some(rest) = message.strip_prefix(beginning) {
            return with_expected(short, rest);
        }
    }
    let names_fields_only = ["missing field `", "duplicate field `", "invalid length "];
    if names_fields_only.iter().any(|beginning| message.starts_with(beginning)) {
        return message.to_owned();
    }
    "the type's own implementation refuses it".to_owned()
}

/// Appends the part about the expected type, which follows the quotes.
fn with_expected(short: &str, rest: &str) -> String {
    rest.rsplit_once(", expected ").map_or(short.to_owned(), |(_, expected)| format!("{short}, expected {expected}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_removed_and_texts_about_the_type_stay() {
        let cases = [
            ("invalid type: string \"secret\", expected u64", "invalid type: string, expected u64"),
            ("invalid type: string \", expected secret\", expected u64", "invalid type: string, expected u64"),
            ("invalid value: integer `4711`, expected u8", "invalid value: integer, expected u8"),
            ("invalid type: a secret thing, expected u8", "invalid type, expected u8"),
            ("unknown field `secret`, expected `id` or `name`", "unknown field, expected `id` or `name`"),
            ("unknown variant `secret`, there are no variants", "unknown variant"),
            ("missing field `id`", "missing field `id`"),
            ("invalid length 3, expected a tuple of size 2", "invalid length 3, expected a tuple of size 2"),
            ("no such account: secret", "the type's own implementation refuses it"),
        ];
        for (message, expected) in cases {
            assert_eq!(without_quotes(message), expected);
        }
    }
}
