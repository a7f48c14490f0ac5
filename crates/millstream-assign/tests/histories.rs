//! Random histories: members come, go and die, states change, topologies are updated; what always holds, and what holds at rest.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use millstream_assign::*;
use support::checks::{check_always, check_at_rest, settle};
use support::{Random, World};

fn random_settings(random: &mut Random) -> Settings {
    Settings {
        standby_replicas: random.below(3) as u32,
        max_warmup_replicas: random.below(4) as u32,
        rack_aware_assignment_tags: if random.chance(30) { vec!["zone".into(), "cluster".into()] } else { Vec::new() },
        ..Settings::default()
    }
}

fn random_report(random: &mut Random, racks: u64, tags: bool) -> ProcessReport {
    let mut report = ProcessReport::default();
    if racks > 0 {
        report.rack = Some(format!("rack-{}", random.below(racks)));
    }
    if tags {
        report.tags.insert("zone".into(), format!("z{}", random.below(3)));
        report.tags.insert("cluster".into(), format!("c{}", random.below(2)));
    }
    if random.chance(50) {
        report.application_server = Some(format!("host-{}:80", random.below(1_000_000)));
    }
    report
}

struct History {
    random: Random,
    world: World,
    racks: u64,
    tags: bool,
    threads: Option<usize>,
    /// Whether some processes have another topology.
    is_rolling: bool,
    /// What may be left on the disk of a process that comes back.
    left: Vec<ProcessReport>,
}

impl History {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let settings = random_settings(&mut random);
        let partitions: Vec<u32> = (0..=random.below(5)).map(|_| random.below(13) as u32).collect();
        let racks = random.below(4);
        let tags = !settings.rack_aware_assignment_tags.is_empty();
        let threads = random.chance(50).then(|| 1 + random.index(3));
        let mut world = World::with_partitions(&partitions, settings);
        world.with_bytes = seed.is_multiple_of(4);
        let is_rolling = random.chance(25);
        let mut history = Self { random, world, racks, tags, threads, is_rolling, left: Vec::new() };
        (0..=history.random.below(5)).for_each(|_| history.join());
        history
    }

    fn join(&mut self) {
        let mut report = random_report(&mut self.random, self.racks, self.tags);
        if self.random.chance(30)
            && let Some(left) = self.left.pop()
        {
            report.on_disk = left.on_disk;
        }
        let threads = self.threads.unwrap_or_else(|| 1 + self.random.index(3));
        let mut digests = self.world.digests();
        if self.is_rolling && self.random.chance(40) {
            // One sub-topology does something else, and the numbers are others.
            let (at, by) = (self.random.index(digests.len()), self.random.index(digests.len()));
            digests[at] = Digest::new(self.random.below(3));
            digests.rotate_left(by);
        }
        self.world.start_with(threads, report, digests);
    }

    fn any_process(&mut self) -> Option<ProcessId> {
        let count = self.world.machines.len();
        let at = self.random.index(count);
        self.world.machines.keys().nth(at).copied()
    }

    fn change(&mut self) {
        let process = self.any_process();
        match (self.random.below(6), process) {
            (0 | 1, _) | (_, None) => self.join(),
            (2, Some(process)) if self.world.machines.len() > 1 => {
                let mut report = self.world.stop(process).report;
                for state in report.on_disk.values_mut() {
                    let records = [0, 100, 500_000, 2_000_000][self.random.index(4)];
                    *state = CopyState::Behind { records };
                }
                self.left.push(report);
            }
            (3, Some(process)) => {
                let machine = self.world.machines.get_mut(&process).unwrap();
                for state in machine.report.on_disk.values_mut() {
                    *state = match self.random.below(4) {
                        0 => CopyState::Unknown,
                        1 => CopyState::Behind { records: self.random.below(1_000_000) },
                        _ => *state,
                    };
                }
            }
            (4, Some(process)) if self.threads.is_none() => self.world.add_thread(process),
            (5, Some(process)) => {
                // It forgets what it was promised, or a second member claims its task.
                let at = self.random.index(self.world.members.len());
                let other = self.world.members.values().nth(at).unwrap().active.first().copied();
                let thread = self.world.machines[&process].threads.first().unwrap().clone();
                let member = self.world.members.get_mut(&thread).unwrap();
                member.promised.clear();
                if self.random.chance(30) {
                    member.active.extend(other);
                }
            }
            _ => self.world.restore(),
        }
    }
}

fn run(seed: u64) {
    let mut history = History::new(seed);
    for _ in 0..4 {
        (0..=history.random.below(2)).for_each(|_| history.change());
        if history.random.chance(50) {
            let (state, assignment) = history.world.rebalance();
            check_always(&state, &assignment);
        }
    }
    settle(&mut history.world);
    check_at_rest(&mut history.world);
}

fn run_all(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        if let Err(panic) = std::panic::catch_unwind(|| run(seed)) {
            let text = panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "without text".into());
            panic!("seed {seed}: {text}");
        }
    }
}

#[test]
fn histories_end_at_rest() {
    run_all(0..1_000);
}

#[test]
fn more_histories_end_at_rest() {
    run_all(1_000..2_000);
}
