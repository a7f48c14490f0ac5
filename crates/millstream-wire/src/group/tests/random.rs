//! Random faults, moves, losses and polls: no partition has two owners, no commit of an old generation is accepted, and in
//! the end all is well.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::brought::{BROUGHT, with_assignor};
use super::*;
use crate::group::Member as _;
use crate::testing::Random;

const STEPS: usize = 200;

/// The requests of members.
const APIS: [i16; 6] = [
    of::JoinGroupRequest::API_KEY,
    of::SyncGroupRequest::API_KEY,
    of::HeartbeatRequest::API_KEY,
    of::OffsetCommitRequest::API_KEY,
    of::FindCoordinatorRequest::API_KEY,
    of::LeaveGroupRequest::API_KEY,
];

struct Chaos {
    lab: Lab,
    random: Random,
    /// Whether a member that comes may bring an assignor along.
    is_mixed: bool,
    /// Whether the assignor fails.
    fails: Arc<AtomicBool>,
    /// Each commit has a larger offset than those before it.
    offset: i64,
}

#[test]
fn whatever_happens_no_partition_has_two_owners_and_no_late_commit_is_accepted() {
    for seed in 0..6 {
        Chaos::new(seed, false).run(seed);
    }
}

/// As while a version with the assignor is rolled out and taken back.
#[test]
fn with_and_without_an_assignor_of_their_own_members_never_share_a_partition() {
    for seed in 100..106 {
        Chaos::new(seed, true).run(seed);
    }
}

impl Chaos {
    fn new(seed: u64, is_mixed: bool) -> Self {
        let (lab, random) = (Lab::new([5, 0]), Random(seed));
        Self { lab, random, is_mixed, fails: Arc::default(), offset: 0 }
    }

    fn run(mut self, seed: u64) {
        (0..2).for_each(|_| self.come());
        (0..STEPS).for_each(|_| self.step());
        self.quiet(seed);
    }

    /// Adds a member of either kind.
    fn come(&mut self) {
        let mut settings = self.lab.settings.clone();
        if self.is_mixed && self.random.below(2) == 0 {
            settings = with_assignor(&settings, &self.lab.members.len().to_string(), &self.fails).0;
        }
        self.lab.add_with(settings, &["t"]);
    }

    fn rejoin_or_fail(&mut self) {
        if self.random.below(3) == 0 {
            self.fails.fetch_xor(true, Ordering::Relaxed);
        } else {
            let member = self.random.below(self.lab.members.len());
            self.lab.members[member].member.rejoin("chance");
        }
    }

    fn step(&mut self) {
        match self.random.below(16) {
            0 => self.fault(),
            1 => self.error(),
            2 => self.move_coordinator(),
            3 => self.expire(),
            4 => self.end_rebalance(),
            5 => self.come_or_go(),
            6..=10 => self.commit(),
            11 => {
                let millis = 200 + self.random.below(5_000) as u64;
                self.lab.pass(Duration::from_millis(millis));
            }
            12 if self.is_mixed => self.rejoin_or_fail(),
            _ => (0..self.random.below(60)).for_each(|_| self.lab.poll()),
        }
    }

    fn fault(&mut self) {
        let (broker, api) = (1 + self.random.below(3) as i32, APIS[self.random.below(APIS.len())]);
        let fault = match self.random.below(3) {
            0 => Fault::Dropped,
            _ => Fault::CutAt(self.random.below(12)),
        };
        self.lab.brokers.fault(broker, api, fault);
    }

    fn error(&mut self) {
        let (api, error) = (APIS[self.random.below(4)], [14, 15, 16, 22, 27][self.random.below(5)]);
        self.lab.brokers.edit(|script| script.calls.fail(api, error, 1));
    }

    fn move_coordinator(&mut self) {
        let broker = 1 + self.random.below(3) as i32;
        let waiting = [Waiting::Told, Waiting::Left][self.random.below(2)];
        self.lab
            .brokers
            .edit(|script| script.calls.with_group(GROUP, |group, answers| group.move_to(broker, waiting, answers)));
    }

    fn expire(&mut self) {
        let mut ids = self.lab.ids();
        if !ids.is_empty() {
            let id = ids.swap_remove(self.random.below(ids.len()));
            self.lab.brokers.edit(|script| script.calls.with_group(GROUP, |group, answers| group.expire(&id, answers)));
        }
    }

    fn end_rebalance(&mut self) {
        self.lab.brokers.edit(|script| script.calls.with_group(GROUP, |group, answers| group.end_rebalance(answers)));
    }

    fn come_or_go(&mut self) {
        let here: Vec<usize> =
            (0..self.lab.members.len()).filter(|it| self.lab.members[*it].leaving.is_none()).collect();
        if here.len() < 4 && self.random.below(2) == 0 {
            self.come();
        } else if here.len() > 1 {
            let leaving = here[self.random.below(here.len())];
            self.lab.leave(leaving);
        }
    }

    fn commit(&mut self) {
        let member = self.random.below(self.lab.members.len());
        let owned = self.lab.owned(member);
        if let Some(number) = owned.get(self.random.below(5)) {
            self.offset += 1;
            self.lab.members[member].begin_commit(*number, self.offset);
        }
    }

    /// After the last fault all partitions have owners, which can commit them.
    fn quiet(&mut self, seed: u64) {
        self.lab.brokers.heal();
        self.fails.store(false, Ordering::Relaxed);
        for _ in 0..20 {
            self.lab.pass(Duration::from_secs(4));
            self.lab.expire_phantoms();
        }
        self.lab.until_stable();
        for number in 0..5 {
            let owner = (0..self.lab.members.len()).find(|it| self.lab.owned(*it).contains(&number)).unwrap();
            self.offset += 1;
            assert_eq!(self.lab.commit(owner, number, self.offset), Ok(()), "seed {seed}");
            assert_eq!(self.lab.committed(number as i32), Some(self.offset), "seed {seed}");
        }
        self.check_protocol(seed);
        assert!(self.lab.members.iter().all(|member| member.fatal.is_none()), "seed {seed}");
        let mut last = BTreeMap::new();
        for accepted in self.lab.brokers.edit(|script| script.calls.group(GROUP).accepted.clone()) {
            let before = last.insert(accepted.partition.clone(), accepted.offset).unwrap_or(0);
            assert!(before <= accepted.offset, "seed {seed}: {accepted:?} came after {before}");
        }
    }

    /// The assignor that some bring along is in use if all do.
    fn check_protocol(&mut self, seed: u64) {
        let here = self.lab.members.iter().filter(|member| member.leaving.is_none());
        let all_bring = here.clone().all(|member| member.member.brings_assignor());
        let protocol = self.lab.brokers.edit(|script| script.calls.group(GROUP).protocol.clone());
        assert_eq!(protocol == BROUGHT, all_bring, "seed {seed}: {protocol}");
        let last_data = |member: &lab::Member| member.reports.iter().rfind(|it| it.contains("user data")).cloned();
        for member in here.filter(|member| member.member.brings_assignor()) {
            let data = last_data(member);
            assert_eq!(data.is_some_and(|data| data.starts_with("user data")), all_bring, "seed {seed}");
        }
    }
}
