//! KIND: a name of the library that hides a crate of the program. `use millstream::*` brings no module of the name of a crate
//! that stream programs use; this file compiles, which is the test.
#![allow(clippy::unwrap_used, clippy::wildcard_imports, unused_imports, reason = "the glob is what is tested")]

use millstream::*;

/// After the glob import, the name still refers to the crate and not to a module of the library.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Order {
    item: String,
    count: u32,
}

json_data!(Order);

#[test]
fn a_program_with_the_glob_derives_with_the_crate_serde() {
    serdes::laws::check(&[Order { item: "pear".to_owned(), count: 3 }]);
}

#[test]
fn no_public_name_is_that_of_a_crate_that_programs_use() {
    let facade =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/millstream/src/lib.rs")).unwrap();
    let exports: Vec<&str> = facade.lines().filter(|line| !line.starts_with("//")).collect();
    let names = exports.join("\n");
    let words: Vec<&str> = names.split(|letter: char| !letter.is_alphanumeric() && letter != '_').collect();
    for crate_name in ["serde", "serde_json", "log", "metrics", "tracing", "tokio", "bytes", "bincode", "anyhow"] {
        assert!(!words.contains(&crate_name), "`use millstream::*` hides the crate `{crate_name}`");
    }
}
