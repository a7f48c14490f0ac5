//! Names in Rust, made of names in schemas.

/// Words that cannot be the name of a field.
const KEYWORDS: [&str; 8] = ["type", "match", "move", "ref", "use", "where", "loop", "final"];

/// `FinalizedFeaturesEpoch` as `finalized_features_epoch`.
pub(crate) fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (at, letter) in name.char_indices() {
        if letter.is_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    if KEYWORDS.contains(&snake.as_str()) { format!("r#{snake}") } else { snake }
}

/// The name of a structure, which begins with that of its message: two messages of an API, or two APIs, may each have a
/// structure with the same name.
pub(crate) fn structure_name(message: &str, name: &str) -> String {
    let api = message.strip_suffix("Request").or(message.strip_suffix("Response")).unwrap_or(message);
    let own = name.strip_prefix(message).or(name.strip_prefix(api)).unwrap_or(name);
    let own = if own.is_empty() { name } else { own };
    format!("{message}{own}")
}

/// Whether code uses a variable. Names of fields and text in quotes do not count.
pub(crate) fn uses(code: &str, variable: &str) -> bool {
    let unquoted: String = code.split('"').step_by(2).collect::<Vec<_>>().join(" ");
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.');
    unquoted.split(|letter| !is_part(letter)).any(|word| word == variable || word.starts_with(&format!("{variable}.")))
}

/// An integer as Rust's lints want it: `60_000`.
pub(crate) fn integer(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && digits.len() > 4 && (digits.len() - at).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    if value < 0 { format!("-{text}") } else { text }
}
