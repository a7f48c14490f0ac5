//! Each of the 125 rules of Kafka Streams' behaviour that the project's reference lists is named by a test (`Rule 30`), or is of no
//! concern here for a reason.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// How many rules there are.
const LAST: u32 = 125;

/// The rules that no test of the language names.
const ELSEWHERE: [(u32, &str); 11] = [
    (10, "fetching: a full buffer pauses its partition"),
    (29, "the types: `map` and `flat_map` cannot return null"),
    (38, "Java's two ways to find sliding windows, of which there is one here"),
    (55, "threads: each has its share of the cache"),
    (83, "`JoinWindows.of` of Kafka Streams before 3.0, which is not here"),
    (85, "suppliers of join stores, which are not here"),
    (94, "the types: keys have no equality but that of their bytes"),
    (117, "exactly-once"),
    (118, "checkpoint files, which are not here: engines keep the offset with the rows"),
    (120, "restoring: stores in memory have no offset to begin at"),
    (121, "exactly-once"),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The numbers in `Rule 7`, `Rules 20 and 21`, `Rules 39 to 42` and `Rules 1, 11 and 14`, at each place where a comment has them.
fn rules_in(text: &str) -> BTreeSet<u32> {
    let comments: Vec<&str> =
        text.lines().filter_map(|line| line.trim_start().split_once("//")).map(|(_, comment)| comment).collect();
    let comments = comments.join(" ").to_lowercase();
    let words: Vec<&str> = comments.split_whitespace().collect();
    let mut found = BTreeSet::new();
    for (at, _) in words.iter().enumerate().filter(|(_, word)| matches!(**word, "rule" | "rules")) {
        let (mut last, mut is_range) = (0, false);
        for word in &words[at + 1..] {
            match (word.trim_end_matches([',', '.', ':', ';']).parse::<u32>(), *word) {
                (Ok(number), _) if is_range => found.extend(last..=number),
                (Ok(number), _) => _ = found.insert(number),
                (Err(_), "and" | "to") => {}
                (Err(_), _) => break,
            }
            (last, is_range) = (word.trim_end_matches(',').parse().unwrap_or(last), *word == "to");
            if word.ends_with(['.', ':', ';']) {
                break;
            }
        }
    }
    found
}

#[test]
fn numbers_are_found_in_comments() {
    let text = "/// Rule 45: once. Rules 20 and 21.\n/// Rules 39 to 42; rules 1, 11 and 14: none.\nlet rule = 7; // not rules of 8";
    assert_eq!(rules_in(text), BTreeSet::from([1, 11, 14, 20, 21, 39, 40, 41, 42, 45]));
}

#[test]
fn each_rule_is_named_by_a_test_or_has_a_reason() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    ["crates", "tests"].iter().for_each(|folder| sources(&root.join(folder), &mut files));
    files.retain(|file| !file.ends_with("tests/rules.rs"));
    let named: BTreeSet<u32> = files.iter().flat_map(|file| rules_in(&fs::read_to_string(file).unwrap())).collect();
    let elsewhere: BTreeSet<u32> = ELSEWHERE.iter().map(|(rule, _)| *rule).collect();
    let missing: Vec<u32> = (1..=LAST).filter(|rule| !named.contains(rule) && !elsewhere.contains(rule)).collect();
    assert!(missing.is_empty(), "no test names the rules {missing:?}");
    let both: Vec<_> = elsewhere.intersection(&named).collect();
    assert!(both.is_empty(), "tests name the rules {both:?}, so they need no reason");
    assert!(named.iter().all(|rule| (1..=LAST).contains(rule)), "{named:?}");
}
