//! Tests the binary `wordcount` as a user runs it: its counts against a simple count, and its error messages.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A temporary directory of a test, removed at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("wordcount-{test}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A directory left behind does no harm to the next run.
        _ = fs::remove_dir_all(&self.0);
    }
}

struct Ended {
    code: Option<i32>,
    out: String,
    said: String,
}

fn wordcount(arguments: &[&str], input: &[u8]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wordcount"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writing = std::thread::spawn(move || stdin.write_all(&input));
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    // A program that does not read its input may close it early.
    _ = writing.join().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: status.code(), out: text(stdout), said: text(stderr) }
}

/// Counts with the program; returns what it wrote to `--counts`, and its messages.
fn counts(scratch: &Scratch, arguments: &[&str], input: &[u8]) -> (String, Ended) {
    let file = scratch.path("counts.tsv");
    let ended = wordcount(&[arguments, &["--counts", &file]].concat(), input);
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    (fs::read_to_string(file).unwrap(), ended)
}

/// A text whose words are plain: numbered words that come the more often the smaller their number is.
fn text(words: usize) -> String {
    let mut text = String::new();
    let mut state = 1_u64;
    for number in 0..words {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let word = (state >> 33) % (1 + (state >> 40) % 2_000);
        let between = if number % 12 == 11 { ".\n" } else { ", " };
        text.push_str(&format!("Word{word}{between}"));
    }
    text
}

/// Every word and its count, a line each, by a plain count in memory.
fn plain_counts(texts: &[&str]) -> String {
    let mut counts = BTreeMap::new();
    for word in texts.iter().flat_map(|text| text.split([' ', ',', '.', '\n'])).filter(|word| !word.is_empty()) {
        *counts.entry(word.to_lowercase()).or_insert(0_u64) += 1;
    }
    counts.into_iter().map(|(word, count)| format!("{word}\t{count}\n")).collect()
}

#[test]
fn counts_are_exact_with_any_number_of_threads_and_partitions() {
    let (scratch, text) = (Scratch::new("exact"), text(200_000));
    let (file, expected) = (scratch.write("text.txt", &text), plain_counts(&[&text]));
    for (threads, partitions) in [("1", "1"), ("2", "3"), ("3", "2")] {
        let arguments = [&file, "--threads", threads, "--partitions", partitions];
        let (counts, ended) = counts(&scratch, &arguments, b"");
        assert!(counts == expected, "{threads} threads, {partitions} partitions: counts differ");
        assert!(ended.out.contains("200,000 words, "), "{}", ended.out);
    }
}

#[test]
fn a_directory_is_read_with_all_its_texts_and_nothing_else() {
    let scratch = Scratch::new("directory");
    scratch.write("in/b.txt", "beta alpha\n");
    scratch.write("in/deep/er/a.md", "alpha\ngamma");
    scratch.write("in/picture", b"alpha\0\xff");
    scratch.write("in/.hidden/c.txt", "alpha");
    let (counts, ended) = counts(&scratch, &[&scratch.path("in")], b"");
    assert_eq!(counts, "alpha\t2\nbeta\t1\ngamma\t1\n");
    assert!(ended.said.contains("binary files left out: 1"), "{}", ended.said);
    assert!(ended.out.contains("2 texts, "), "{}", ended.out);
}

#[test]
fn standard_input_is_read_beside_files() {
    let scratch = Scratch::new("stdin");
    let file = scratch.write("text.txt", "one two\n");
    let (counts, _) = counts(&scratch, &["-", &file], b"two\nthree");
    assert_eq!(counts, "one\t1\nthree\t1\ntwo\t2\n");
}

#[test]
fn the_bundled_sample_is_counted_when_nothing_is_named() {
    let ended = wordcount(&["--top", "3"], b"not read");
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    let top: Vec<&str> = ended.out.lines().take(4).collect();
    assert_eq!(top, ["68  the", "25  and", "23  a", ""]);
    assert!(ended.out.contains("526 words, 186 of them distinct"), "{}", ended.out);
}

#[test]
fn words_may_be_of_any_script_and_lines_of_any_length() {
    let scratch = Scratch::new("words");
    let long = "Long ".repeat(200_000);
    let (counts, ended) =
        counts(&scratch, &["-"], format!("Don’t don't Ünder\r\n\r\n語 «слово» Слово\n{long}").as_bytes());
    assert_eq!(counts, "don't\t2\nlong\t200000\nünder\t1\nслово\t2\n語\t1\n");
    assert!(ended.said.contains("lines longer than 256 KiB were cut between words: 3 cuts"), "{}", ended.said);
}

#[test]
fn text_that_is_not_utf8_is_replaced_and_reported() {
    let scratch = Scratch::new("utf8");
    let (counts, ended) = counts(&scratch, &["-"], b"good\ncaf\xe9 good\n\xff\xfe\n");
    assert_eq!(counts, "caf\t1\ngood\t2\n");
    assert!(ended.said.contains("lines that are not UTF-8: 2;"), "{}", ended.said);
}

#[test]
fn empty_input_is_no_failure() {
    let scratch = Scratch::new("nothing");
    let (counts, ended) = counts(&scratch, &["-"], b"");
    assert_eq!(counts, "");
    assert!(ended.out.contains("0 words, 0 of them distinct"), "{}", ended.out);
}

#[test]
fn files_that_cannot_be_read_or_written_are_reported_in_a_sentence() {
    let scratch = Scratch::new("failures");
    scratch.write("binary/only", b"\0");
    let (missing, binary, text) = (scratch.path("missing.txt"), scratch.path("binary"), scratch.write("text", "one\n"));
    let no_place = scratch.path("no/such/place.tsv");
    let check = |arguments: &[&str], code: i32, sentence: &str| {
        let ended = wordcount(arguments, b"");
        assert_eq!((ended.code, ended.out.as_str()), (Some(code), ""), "{arguments:?}: {}", ended.said);
        assert!(ended.said.contains(sentence), "{arguments:?}: {}", ended.said);
        assert!(!ended.said.contains("panicked"), "{arguments:?}: {}", ended.said);
    };
    check(&[&missing], 1, &format!("wordcount: cannot read `{missing}`: No such file"));
    check(&[&text, &missing], 1, &format!("wordcount: cannot read `{missing}`: No such file"));
    check(&[&binary], 1, &format!("wordcount: there is no text file in `{binary}` (binary files left out: 1;"));
    check(&[&text, "--counts", &no_place], 1, &format!("wordcount: cannot write the counts to `{no_place}`: "));
    check(&[&text, "--threads", "0"], 2, "--threads");
    check(&[&text, "--colour"], 2, "--colour");
}

#[test]
fn an_empty_variable_counts_as_not_set_and_a_wrong_one_is_named() {
    let run = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wordcount"));
        command.args(arguments).envs(variables.iter().copied()).stdin(Stdio::null());
        let Output { status, stderr, .. } = command.output().unwrap();
        (status.code(), String::from_utf8(stderr).unwrap())
    };
    let empty = ["BOOTSTRAP", "THREADS", "PARTITIONS", "CREATE_TOPICS", "STORE", "STATE_DIR", "LISTEN", "SOURCE"];
    let empty: Vec<String> = empty.iter().map(|name| format!("WORDCOUNT_{name}")).collect();
    let empty: Vec<(&str, &str)> = empty.iter().map(|name| (name.as_str(), "")).collect();
    assert_eq!(run(&empty, &[]), (Some(0), String::new()));

    let check = |variable: (&str, &str), named: &str| {
        let (code, said) = run(&[variable], &[]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(&format!("set by the environment: {named}\n")), "{said}");
    };
    check(("WORDCOUNT_THREADS", "many"), "WORDCOUNT_THREADS (--threads)");
    check(("WORDCOUNT_STORE", "rocksdb"), "WORDCOUNT_STORE (--store)");
    let (code, said) = run(&[("WORDCOUNT_THREADS", "many")], &["--threads=0"]);
    assert_eq!((code, said.contains("environment")), (Some(2), false), "{said}");
}

#[test]
fn a_reader_that_closes_the_pipe_is_no_failure() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wordcount"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    assert_eq!((status.code(), String::from_utf8(stderr).unwrap().as_str()), (Some(0), ""));
}
