//! The topics, files and texts of a test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use super::copy::{Copy, eventually};
use super::support::Broker;

pub(crate) fn wordcount(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wordcount"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The topics of a test on a broker, by default the shared one, and its files, which are removed at the end.
pub(crate) struct Place {
    pub(crate) broker: Arc<Broker>,
    pub(crate) name: &'static str,
    directory: PathBuf,
}

impl Place {
    pub(crate) fn new(name: &'static str) -> Self {
        Self::on(Broker::shared(), name)
    }

    pub(crate) fn on(broker: Arc<Broker>, name: &'static str) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("on-kafka-{name}-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        Self { broker, name, directory }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.directory.join(name).to_str().unwrap().to_owned()
    }

    /// The command with this place's address, topics and application.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = wordcount(&["--bootstrap", self.broker.bootstrap(), "--application-id", self.name]);
        command.args(["--source", &format!("{}-lines", self.name), "--output", &format!("{}-counts", self.name)]);
        command.args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Writes a text of so many words to a file, and its lines to the source topic.
    pub(crate) fn feed(&self, name: &str, words: usize) -> String {
        let path = self.path(name);
        fs::write(&path, text(words)).unwrap();
        let fed = self.run(&["--create-topics", "--feed-only", &path]);
        assert!(fed.status.success(), "{fed:?}");
        path
    }

    /// Every word and its count, as the output topic has them.
    pub(crate) fn counts(&self) -> String {
        let path = self.path("counts.tsv");
        let shown = self.run(&["--show", "--counts", &path]);
        assert!(shown.status.success(), "{shown:?}");
        fs::read_to_string(path).unwrap()
    }

    /// Waits until this many words are counted, for as long as more are counted: a busy machine takes its time.
    #[track_caller]
    pub(crate) fn await_words(&self, goal: usize) {
        let mut counted = 0;
        while counted < goal {
            let before = counted;
            eventually(&format!("more than {before} of {goal} words are counted"), || {
                counted = words(&self.counts());
                (counted > before).then_some(())
            });
        }
    }

    /// Starts a copy that reports its progress often.
    pub(crate) fn start(&self, arguments: &[&str]) -> Copy {
        Copy::start(self.command(&["--progress", "0.1", "--threads", "1", "--session-timeout", "6"]).args(arguments))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A directory left behind does no harm to the next run.
        _ = fs::remove_dir_all(&self.directory);
    }
}

/// Ten words to a line, of a thousand different ones.
pub(crate) fn text(words: usize) -> String {
    let mut state = 42_u64;
    let mut word = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("word{}", (state >> 33) % 1_000)
    };
    (0..words / 10).map(|_| (0..10).map(|_| word()).collect::<Vec<_>>().join(" ") + "\n").collect()
}

/// The counts of these texts by one process on its own log.
pub(crate) fn counted_alone(place: &Place, texts: &[&str]) -> String {
    let path = place.path("alone.tsv");
    let ended = wordcount(texts).args(["--counts", &path]).output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
    fs::read_to_string(path).unwrap()
}

/// How many words were counted, repeated ones too.
pub(crate) fn words(counts: &str) -> usize {
    counts.lines().map(|line| line.split('\t').nth(1).unwrap().parse::<usize>().unwrap()).sum()
}
