//! Minutes of joins, leaves and kills at random, under load: nothing is lost, and nothing grows.
//!
//! `MILLSTREAM_SOAK_SECONDS` sets the duration (300), `MILLSTREAM_SOAK_SEED` the seed of the sequence.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test of the real thing, in real time")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::member::Member;
use millstream_kafka_tests::resources::{ResourceUsage, directory_bytes};
use millstream_kafka_tests::{Job, Scene};
use tempfile::TempDir;

/// The rate of the input, in lines per second.
const LOAD: u64 = 1_000;

/// Members that come and go, beside the one that stays.
const GUESTS: usize = 3;

/// A small limit, so that it is reached before growth is measured.
const ROCKSDB_MEMORY_BYTES: &str = "16777216";

/// The maximum size of the state of 500 keys on disk, in one member.
const STATE_BYTES_MAX: u64 = 64 << 20;

/// The allowed difference in memory, for fuller queues and more tasks.
const SLACK_BYTES: u64 = 24 << 20;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
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

/// How often each event happened.
#[derive(Debug, Default)]
struct Tally {
    joins: u32,
    leaves: u32,
    kills: u32,
}

/// The members: one that stays, and some that come and go, each with a host's directory of its own.
struct Company {
    scene: Scene,
    state: TempDir,
    resident: Member,
    guests: Vec<Option<Member>>,
    tally: Tally,
}

impl Company {
    fn new(scene: Scene) -> Self {
        let state = TempDir::new().unwrap();
        let resident = start(&scene, &state, "resident");
        Self { scene, state, resident, guests: (0..GUESTS).map(|_| None).collect(), tally: Tally::default() }
    }

    /// A further member joins, or one of them leaves or is killed.
    fn change(&mut self, chance: &mut Chance) {
        let number = usize::try_from(chance.below(GUESTS as u64)).unwrap();
        match self.guests[number].take() {
            None => {
                self.guests[number] = Some(start(&self.scene, &self.state, &format!("guest{number}")));
                self.tally.joins += 1;
            }
            Some(guest) if chance.below(2) == 0 => {
                guest.kill();
                self.tally.kills += 1;
            }
            Some(guest) => {
                guest.close();
                self.tally.leaves += 1;
            }
        }
    }

    /// The size of the largest directory.
    fn state_bytes(&self) -> u64 {
        let hosts = std::fs::read_dir(self.state.path()).unwrap();
        hosts.map(|host| directory_bytes(&host.unwrap().path())).max().unwrap_or(0)
    }

    fn close(self) {
        let all = self.guests.into_iter().flatten().chain([self.resident]);
        all.for_each(|member| drop(member.close()));
    }
}

fn start(scene: &Scene, state: &TempDir, label: &str) -> Member {
    let directory: PathBuf = state.path().join(label);
    scene.member(label).on_disk(&directory).with("--memory-bytes", ROCKSDB_MEMORY_BYTES).start()
}

/// The maximum of a value in these samples.
fn most<T: Ord>(samples: &[ResourceUsage], of: impl Fn(&ResourceUsage) -> T) -> T {
    samples.iter().map(of).max().expect("there are samples")
}

/// Checks that the last third of the time used no more than the second third.
fn check_flat(samples: &[ResourceUsage]) {
    let third = samples.len() / 3;
    let (second, last) = (&samples[third..2 * third], &samples[2 * third..]);
    let memory = |samples: &[ResourceUsage]| most(samples, |usage| usage.resident_bytes);
    let threads = |samples: &[ResourceUsage]| most(samples, |usage| usage.threads);
    let files = |samples: &[ResourceUsage]| most(samples, |usage| usage.files);
    println!(
        "memory at the most, in MiB, by thirds: {} {} {}; threads: {} {}; files: {} {}",
        memory(&samples[..third]) >> 20,
        memory(second) >> 20,
        memory(last) >> 20,
        threads(second),
        threads(last),
        files(second),
        files(last)
    );
    assert!(memory(last) <= memory(second) * 11 / 10 + SLACK_BYTES, "memory grows");
    // A broker that is slow for half a second is asked at its other address, too: that is one more connection, with its thread, for each of the
    // five clients of a member, until it has been idle for long.
    assert!(threads(last) <= threads(second) + 8, "threads are left behind");
    assert!(files(last) <= files(second) + 40, "files are left open");
}

#[test]
fn whoever_comes_and_goes_nothing_is_lost_and_nothing_grows() {
    let length = Duration::from_secs(setting("MILLSTREAM_SOAK_SECONDS", 300));
    let mut chance = Chance(setting("MILLSTREAM_SOAK_SEED", 42));
    let scene = Scene::new(Broker::shared(), "soak", Job::Ledger).with_kills();
    let (reader, feeder) = (scene.read(), scene.feed(LOAD));
    let mut company = Company::new(scene);
    company.resident.await_running();
    let (begin, mut samples, mut change_at) = (Instant::now(), Vec::new(), Duration::ZERO);
    while begin.elapsed() < length {
        if begin.elapsed() >= change_at {
            company.change(&mut chance);
            change_at = begin.elapsed() + Duration::from_millis(2_000 + chance.below(6_000));
        }
        samples.push(company.resident.resources().expect("the resident stays"));
        assert!(company.state_bytes() < STATE_BYTES_MAX, "{} bytes of state", company.state_bytes());
        std::thread::sleep(Duration::from_millis(500));
    }
    let truth = feeder.stop();
    company.scene.await_truth(&reader, &truth);
    check_flat(&samples);
    println!("{:?}, {} bytes of state at the most", company.tally, company.state_bytes());
    let scene = Scene::bare(Broker::shared(), "soak", Job::Ledger);
    company.close();
    println!("{} of {} lines doubled", scene.doubled(&reader, &truth), truth.total());
}
