//! Instances that come and go, and what they say about their tasks and standbys.
#![allow(dead_code, reason = "every test uses its part")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::events::Event;
use millstream_kafka_tests::history::{History, now_ms};
use millstream_kafka_tests::member::{Member, Options};
use millstream_kafka_tests::{Job, PARTITIONS, PATIENCE, Scene};
use tempfile::TempDir;

/// The session time-out of the instances.
pub(crate) const SESSION: Duration = Duration::from_secs(4);

/// Where the stores are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stores {
    InMemory,
    OnDisk,
}

/// A setting of the long campaign: a number. The tests are shorter without it.
pub(crate) fn campaign() -> Option<u64> {
    std::env::var("MILLSTREAM_RESTARTS").ok().map(|text| text.parse().expect("MILLSTREAM_RESTARTS is a number"))
}

/// Runs a test with stores of both kinds in the long campaign, and otherwise with these. Each has an application of its own.
pub(crate) fn each_kind(application: &str, otherwise: Stores, test: impl Fn(&str, Stores)) {
    for stores in [Stores::InMemory, Stores::OnDisk] {
        if stores == otherwise || campaign().is_some() {
            test(&format!("{application}-{stores:?}").to_lowercase(), stores);
        }
    }
}

/// The instances of an application. On disk, each has a directory of its own, which it finds again.
pub(crate) struct Instances {
    pub(crate) scene: Scene,
    pub(crate) members: BTreeMap<String, Member>,
    pub(crate) history: History,
    state: Option<TempDir>,
    options: Vec<(&'static str, String)>,
    /// What has happened to instances, and in those that have ended.
    happened: Vec<(i64, String)>,
}

impl Instances {
    /// None yet, of an application with one standby.
    pub(crate) fn new(broker: Arc<Broker>, application: &str, stores: Stores) -> Self {
        Self {
            scene: Scene::new(broker, application, Job::Ledger).with_kills(),
            members: BTreeMap::new(),
            history: History::default(),
            state: (stores == Stores::OnDisk).then(|| TempDir::new().unwrap()),
            options: vec![("--standbys", "1".to_owned())],
            happened: Vec::new(),
        }
    }

    /// With a further option of the program `member`.
    pub(crate) fn with(mut self, option: &'static str, value: impl ToString) -> Self {
        self.options.push((option, value.to_string()));
        self
    }

    fn options_of(&self, label: &str) -> Options {
        let mut options = self.scene.member(label).session(SESSION);
        for (option, value) in &self.options {
            options = options.with(option, value);
        }
        match &self.state {
            Some(state) => options.on_disk(&state.path().join(label)),
            None => options,
        }
    }

    /// The directory of an instance.
    pub(crate) fn directory(&self, label: &str) -> std::path::PathBuf {
        self.state.as_ref().expect("the stores are on disk").path().join(label)
    }

    pub(crate) fn start(&mut self, label: &str) {
        self.happened.push((now_ms(), format!("{label} is started")));
        let member = self.options_of(label).start();
        self.members.insert(label.to_owned(), member);
    }

    pub(crate) fn member(&self, label: &str) -> &Member {
        &self.members[label]
    }

    /// Closes an instance cleanly.
    pub(crate) fn close(&mut self, label: &str) -> Vec<Event> {
        self.happened.push((now_ms(), format!("{label} is closed")));
        let events = self.members.remove(label).expect("it runs").close();
        self.take(label, &events, None);
        events
    }

    /// Closes an instance, cleanly or not: while the group waits for a leader that was killed, its coordinator refuses commits.
    pub(crate) fn close_among_kills(&mut self, label: &str) {
        self.happened.push((now_ms(), format!("{label} is closed")));
        let mut member = self.members.remove(label).expect("it runs");
        member.ask_to_end();
        member.await_end();
        self.take(label, &member.events(), None);
    }

    /// Kills an instance (SIGKILL). Returns when, and its events.
    pub(crate) fn kill(&mut self, label: &str) -> (i64, Vec<Event>) {
        let killed = now_ms();
        self.happened.push((killed, format!("{label} is killed at {killed}")));
        let events = self.members.remove(label).expect("it runs").kill();
        self.take(label, &events, Some(killed));
        (killed, events)
    }

    fn take(&mut self, label: &str, events: &[Event], killed: Option<i64>) {
        self.happened.extend(told(label, events));
        self.history.add(label, events, killed);
    }

    /// Closes all instances.
    pub(crate) fn close_all(&mut self) {
        let labels: Vec<String> = self.members.keys().cloned().collect();
        labels.iter().for_each(|label| drop(self.close(label)));
    }

    /// Waits until the instances share all tasks.
    #[track_caller]
    pub(crate) fn await_sharing(&self) {
        self.scene.await_sharing(&self.members.values().collect::<Vec<_>>());
    }

    /// Waits until the instances share all tasks, each task with a store has a standby that has caught up, and nothing is to be moved any
    /// more.
    #[track_caller]
    pub(crate) fn await_settled(&self) {
        self.await_sharing();
        let begin = Instant::now();
        while !self.has_settled() {
            assert!(begin.elapsed() < PATIENCE, "{:?} have caught up: {:#?}", self.caught_up(), self.story());
            std::thread::sleep(Duration::from_millis(100));
        }
        self.await_sharing();
    }

    fn has_settled(&self) -> bool {
        let latest = self.latest_assignment();
        let is_done = latest.is_some_and(|(_, event)| event.texts("moves").iter().all(|one| one.ends_with("given")));
        is_done && self.caught_up().values().map(BTreeSet::len).sum::<usize>() == PARTITIONS as usize
    }

    fn caught_up(&self) -> BTreeMap<&String, BTreeSet<String>> {
        self.members.iter().map(|(label, member)| (label, caught_up(&member.events()))).collect()
    }

    /// The latest assignment among the members that run, and who made it.
    pub(crate) fn latest_assignment(&self) -> Option<(String, Event)> {
        let assigned = self.members.iter().flat_map(|(label, member)| {
            let events = member.events().into_iter().filter(|event| event.name() == "group_assigned");
            events.map(|event| (label.clone(), event)).collect::<Vec<_>>()
        });
        assigned.max_by_key(|(_, event)| event.time_ms())
    }

    /// The moves in assignments after a time whose text ends like this, by task.
    pub(crate) fn moves_since(&self, since: i64, stage: &str) -> Vec<String> {
        let events = self.members.values().flat_map(Member::events);
        let assigned = events.filter(|event| event.name() == "group_assigned" && event.time_ms() >= since);
        let moves = assigned.flat_map(|event| event.texts("moves").into_iter().map(str::to_owned).collect::<Vec<_>>());
        moves.filter(|one| one.ends_with(stage)).collect()
    }

    /// How often a task has begun to run since a time, in the members that run.
    pub(crate) fn begun_since(&self, since: i64) -> usize {
        let begins = |event: &Event| event.name() == "task_running" && event.time_ms() >= since;
        self.members.values().map(|member| member.events().iter().filter(|event| begins(event)).count()).sum()
    }

    /// What has happened to the instances and their tasks, for the message of a test that fails.
    pub(crate) fn story(&self) -> Vec<String> {
        let mut all: Vec<(i64, String)> = self.happened.clone();
        self.members.iter().for_each(|(label, member)| all.extend(told(label, &member.events())));
        all.sort();
        all.into_iter().map(|(_, text)| text).collect()
    }
}

/// What of a member's events tells where tasks were, with times.
const TOLD: [&str; 8] = [
    "group_assigned",
    "rebalanced",
    "task_running",
    "task_closed",
    "commit_failed",
    "log_unavailable",
    "log_available",
    "thread_failed",
];

fn told(label: &str, events: &[Event]) -> Vec<(i64, String)> {
    let told = events.iter().filter(|event| TOLD.contains(&event.name()));
    told.map(|event| (event.time_ms(), format!("{} {label}: {}", event.text("time"), event.message()))).collect()
}

/// The changelogs of the standbys of an instance that have caught up and go on.
pub(crate) fn caught_up(events: &[Event]) -> BTreeSet<String> {
    let mut standbys = BTreeSet::new();
    for event in events {
        match event.name() {
            "standby_caught_up" => _ = standbys.insert(event.text("changelog").to_owned()),
            "standby_suspended" => _ = standbys.remove(event.text("changelog")),
            _ => {}
        }
    }
    standbys
}

/// How many standbys have become active in these events.
pub(crate) fn promoted(events: &[Event]) -> usize {
    events.iter().filter(|event| event.name() == "standby_suspended" && event.text("reason") == "promoted").count()
}

/// How many records were restored for active tasks in these events.
pub(crate) fn restored(events: &[Event]) -> i64 {
    events.iter().filter(|event| event.name() == "restore_ended").map(|event| event.number("records")).sum()
}

/// The tasks with a store among these: those of the second sub-topology.
pub(crate) fn stateful<'a>(tasks: impl IntoIterator<Item = &'a String>) -> Vec<&'a String> {
    tasks.into_iter().filter(|task| task.starts_with("1_")).collect()
}
