//! Instances that come, go and are killed at random, among them leaders in the middle of a hand-over.

use std::time::{Duration, Instant};

use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::history::now_ms;

use crate::instances::{Instances, SESSION, Stores, campaign, each_kind};

/// The rate of the input, in lines per second.
const LOAD: u64 = 1_000;

const LABELS: [&str; 5] = ["one", "two", "three", "four", "five"];

/// How long a task may be without an owner beyond the session of the one that had it.
const BEYOND_THE_SESSION: Duration = Duration::from_secs(4);

/// How many changes there are outside of the long campaign.
const CHANGES: u64 = 6;

fn seed() -> u64 {
    std::env::var("MILLSTREAM_RESTARTS_SEED").map_or(42, |text| text.parse().expect("a number"))
}

/// A pseudo-random sequence, the same for the same seed.
struct Chance(u64);

impl Chance {
    /// A number below `limit`.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Which ends there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    Clean,
    KillsToo,
}

/// How often each event happened.
#[derive(Debug, Default)]
struct Tally {
    starts: u32,
    closes: u32,
    kills: u32,
    leaders_in_a_hand_over: u32,
}

/// A member comes, goes, or is killed.
fn change(all: &mut Instances, ends: Ends, chance: &mut Chance, tally: &mut Tally) {
    let label = LABELS[usize::try_from(chance.below(5)).unwrap()];
    let absent: Vec<&str> = LABELS.into_iter().filter(|label| !all.members.contains_key(*label)).collect();
    if ends == Ends::KillsToo && chance.below(4) == 0 && !absent.is_empty() {
        return kill_a_leader_in_a_hand_over(all, absent[0], tally);
    }
    if absent.contains(&label) || all.members.len() == 1 {
        let label = if absent.contains(&label) { label } else { absent[0] };
        all.start(label);
        tally.starts += 1;
    } else if ends == Ends::KillsToo && chance.below(2) == 0 {
        all.kill(label);
        tally.kills += 1;
    } else {
        match ends {
            Ends::Clean => drop(all.close(label)),
            Ends::KillsToo => all.close_among_kills(label),
        }
        tally.closes += 1;
    }
}

/// A member comes, and when the leader has decided that something has to be revoked for it, the leader is killed.
fn kill_a_leader_in_a_hand_over(all: &mut Instances, label: &str, tally: &mut Tally) {
    let (since, begin) = (now_ms(), Instant::now());
    all.start(label);
    tally.starts += 1;
    while begin.elapsed() < SESSION * 2 {
        let latest = all.latest_assignment().filter(|(_, event)| event.time_ms() >= since);
        if let Some((leader, event)) = latest
            && event.texts("moves").iter().any(|one| one.ends_with("being revoked"))
        {
            all.kill(&leader);
            tally.leaders_in_a_hand_over += 1;
            return;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn come_and_go(application: &str, stores: Stores, ends: Ends) {
    let mut chance = Chance(seed());
    let mut tally = Tally::default();
    let mut all = Instances::new(Broker::shared(), application, stores).with("--acceptable-lag", 500);
    let (reader, feeder) = (all.scene.read(), all.scene.feed(LOAD));
    LABELS[..3].iter().for_each(|label| all.start(label));
    all.await_sharing();
    for _ in 0..campaign().unwrap_or(CHANGES) {
        change(&mut all, ends, &mut chance, &mut tally);
        std::thread::sleep(Duration::from_millis(300 + chance.below(3_000)));
    }
    let absent: Vec<&str> = LABELS.into_iter().filter(|label| !all.members.contains_key(*label)).collect();
    absent.into_iter().for_each(|label| all.start(label));
    all.await_sharing();
    let truth = feeder.stop();
    all.scene.await_truth(&reader, &truth);
    all.close_all();
    let doubled = all.scene.doubled(&reader, &truth);
    let (vacancy, of) = all.history.longest_vacancy();
    println!("{application}: {tally:?}, {} tenures; longest vacancy: {vacancy:?} of {of}", all.history.tenures());
    println!("{application}: {doubled} of {} lines doubled", truth.total());
    assert_eq!(all.history.overlaps(), Vec::<String>::new());
    if ends == Ends::Clean {
        assert_eq!(doubled, 0, "of {} lines", truth.total());
    }
    let (delay, of) = all.history.longest_delay(SESSION, BEYOND_THE_SESSION);
    println!("{application}: longest vacancy beyond the sessions of those that were killed: {delay:?} of {of}");
    assert!(delay < BEYOND_THE_SESSION, "{delay:?}: {of}: {:#?}", all.story());
}

#[test]
fn who_comes_and_goes_at_random_doubles_nothing() {
    each_kind("random-clean", Stores::OnDisk, |application, stores| come_and_go(application, stores, Ends::Clean));
}

#[test]
fn who_is_killed_at_random_loses_nothing() {
    each_kind("random", Stores::InMemory, |application, stores| come_and_go(application, stores, Ends::KillsToo));
}
