//! Names of Rust types in messages and stored formats.

/// The name of a type without the modules of the type and its parameters, from the name that
/// [`std::any::type_name`] returns.
///
/// # Examples
/// ```
/// use std::any::type_name;
/// use millstream_types::short_type_name;
///
/// assert_eq!(short_type_name(type_name::<Vec<String>>()), "Vec<String>");
/// ```
#[must_use]
pub fn short_type_name(full: &str) -> String {
    let is_part_of_path = |letter: char| letter.is_alphanumeric() || "_:".contains(letter);
    let paths = full.split_inclusive(|letter| !is_part_of_path(letter));
    paths.map(|path| path.rsplit("::").next().unwrap_or(path)).collect()
}

#[cfg(test)]
mod tests {
    use std::any::type_name;

    use super::*;

    #[test]
    fn modules_are_left_out_of_the_type_and_its_parameters() {
        let cases = [
            (type_name::<i64>(), "i64"),
            (type_name::<(String, Option<Vec<u8>>)>(), "(String, Option<Vec<u8>>)"),
            (type_name::<&[std::sync::Arc<str>]>(), "&[Arc<str>]"),
            (type_name::<crate::Windowed<crate::Json<String>>>(), "Windowed<Json<String>>"),
        ];
        for (full, short) in cases {
            assert_eq!(short_type_name(full), short);
        }
    }
}
