//! Standbys: on distinct processes, spread over racks and tags (KIP-708), evenly, and where copies are already.

use std::collections::BTreeSet;

use super::hosts::Host;
use super::model::{LAG_MAX, Model};
use super::spread::Spread;

/// Shares are in units of 1 / 2^20 of a standby.
const UNIT: u32 = 20;

/// How many moves are looked at to make processes even. So a group whose racks do not allow it costs no more.
const CHECKS_MAX: usize = 300_000;

/// How often the search is repeated with what it has found.
const ROUNDS_MAX: usize = 8;

/// Where the copies of tasks are.
pub(super) struct Standbys {
    /// The processes with the standbys of each task.
    pub(super) processes: Vec<Vec<usize>>,
    /// How many each task lacks.
    pub(super) missing: Vec<u32>,
}

/// What decides where a task may have standbys.
pub(super) struct Wish {
    pub(super) host: Host,
    /// The processes that may have none: they have the task, or will have it, or have to revoke it.
    pub(super) barred: Vec<usize>,
    /// Whether the process that will have the task counts as a standby.
    pub(super) counts_planned: bool,
}

/// Finds the standbys of the tasks that have a wish.
pub(super) fn standbys(model: &Model<'_>, wishes: &[Option<Wish>]) -> Standbys {
    let places = |task: usize| model.tasks[task].copies.iter().map(|member| model.process_of[*member]).collect();
    let mut before: Vec<Vec<usize>> = (0..wishes.len()).map(places).collect();
    let mut search = Search::new(model, wishes);
    // What is better for balance can make another process better for the spread: till the next rebalance would find the same.
    for _ in 0..ROUNDS_MAX {
        (0..wishes.len()).for_each(|task| search.keep(task, &before[task]));
        (0..wishes.len()).for_each(|task| search.add(task));
        search.even_out();
        let is_stable = before == search.chosen;
        before.clone_from(&search.chosen);
        if is_stable {
            break;
        }
    }
    let missing = (0..wishes.len()).map(|task| search.demanded(task).saturating_sub(search.chosen[task].len()) as u32);
    Standbys { missing: missing.collect(), processes: search.chosen }
}

struct Search<'a> {
    model: &'a Model<'a>,
    wishes: &'a [Option<Wish>],
    spread: Spread,
    chosen: Vec<Vec<usize>>,
    loads: Vec<i64>,
    targets: Vec<i64>,
    /// The processes of each zone by their surplus.
    order: Vec<BTreeSet<(i64, usize)>>,
}

impl<'a> Search<'a> {
    fn new(model: &'a Model<'a>, wishes: &'a [Option<Wish>]) -> Self {
        let mut search = Self {
            model,
            wishes,
            spread: Spread::new(model),
            chosen: vec![Vec::new(); wishes.len()],
            loads: vec![0; model.processes.len()],
            targets: Vec::new(),
            order: Vec::new(),
        };
        let sum: u64 = (0..wishes.len()).map(|task| search.wanted(task) as u64).sum();
        let threads: u64 = (model.members.len() as u64).max(1);
        let share = |members: &Vec<usize>| (((sum * members.len() as u64) << UNIT) / threads) as i64;
        search.targets = model.threads.iter().map(share).collect();
        let zones = search.spread.zones.iter();
        search.order =
            zones.map(|zone| zone.iter().map(|process| (search.surplus(*process), *process)).collect()).collect();
        search
    }

    /// How many standbys a task should have.
    fn demanded(&self, task: usize) -> usize {
        let replicas = self.model.group.settings.standby_replicas as usize;
        let wish = self.wishes[task].as_ref();
        wish.map_or(0, |wish| replicas.saturating_sub(usize::from(wish.counts_planned)))
    }

    /// How many it can have, at most.
    fn wanted(&self, task: usize) -> usize {
        self.demanded(task).min(self.model.processes.len().saturating_sub(1))
    }

    fn surplus(&self, process: usize) -> i64 {
        (self.loads[process] << UNIT) - self.targets[process]
    }

    fn change_load(&mut self, process: usize, by: i64) {
        let zone = self.spread.zone_of[process];
        let before = self.surplus(process);
        self.loads[process] += by;
        let after = self.surplus(process);
        self.order[zone].remove(&(before, process));
        self.order[zone].insert((after, process));
    }

    fn may(&self, task: usize, process: usize, chosen: &[usize]) -> bool {
        let Some(wish) = &self.wishes[task] else { return false };
        let weight = self.model.weight(process, self.model.tasks[task].subtopology);
        weight > 0 && !wish.barred.contains(&process) && !chosen.contains(&process)
    }

    /// From which processes a further copy should differ: the active task's, and those of the standbys.
    fn others(&self, task: usize, chosen: &[usize]) -> Vec<usize> {
        let planned = self.wishes[task].as_ref().map(|wish| wish.host.planned);
        planned.into_iter().chain(chosen.iter().copied()).collect()
    }

    /// The least loaded process of the zones that spread the task best.
    fn best(&self, task: usize, chosen: &[usize]) -> Option<(usize, usize)> {
        let others = self.others(task, chosen);
        let candidate = |zone: usize| {
            let open = self.order[zone].iter().find(|(_, process)| self.may(task, *process, chosen))?;
            Some((self.spread.score(zone, &others), *open))
        };
        let candidates = (0..self.order.len()).filter_map(candidate);
        let best = candidates.max_by(|(score, open), (other, next)| score.cmp(other).then(next.cmp(open)));
        best.map(|(score, (_, process))| (score, process))
    }

    /// Keeps the copies that are there, as long as no other process would spread the task better.
    fn keep(&mut self, task: usize, before: &[usize]) {
        let wanted = self.wanted(task);
        std::mem::take(&mut self.chosen[task]).into_iter().for_each(|process| self.change_load(process, -1));
        let mut copies: Vec<usize> = before.iter().copied().filter(|process| self.may(task, *process, &[])).collect();
        copies.sort_unstable();
        if copies.len() > wanted {
            copies.sort_by_key(|process| self.model.tasks[task].lag(*process));
        }
        let mut chosen = Vec::new();
        while chosen.len() < wanted {
            let others = self.others(task, &chosen);
            let score = |process: &usize| self.spread.score(self.spread.zone_of[*process], &others);
            let Some((at, _)) = copies.iter().enumerate().rev().max_by_key(|(_, process)| score(process)) else {
                break;
            };
            let process = copies.remove(at);
            if self.best(task, &chosen).is_none_or(|(best, _)| best <= score(&process)) {
                chosen.push(process);
            }
        }
        chosen.iter().for_each(|process| self.change_load(*process, 1));
        self.chosen[task] = chosen;
    }

    /// Adds the standbys that are missing, if possible where state is.
    fn add(&mut self, task: usize) {
        while self.chosen[task].len() < self.wanted(task) {
            let Some((score, least)) = self.best(task, &self.chosen[task]) else { return };
            let others = self.others(task, &self.chosen[task]);
            let suits = |process: &usize| {
                self.may(task, *process, &self.chosen[task])
                    && self.spread.score(self.spread.zone_of[*process], &others) == score
                    && self.loads[*process] < self.most(*process)
            };
            let holders = self.model.tasks[task].lags.iter().filter(|(process, lag)| *lag < LAG_MAX && suits(process));
            let process = holders.min_by_key(|(process, lag)| (*lag, *process)).map_or(least, |(process, _)| *process);
            self.chosen[task].push(process);
            self.change_load(process, 1);
        }
    }

    fn least(&self, process: usize) -> i64 {
        self.targets[process] >> UNIT
    }

    fn most(&self, process: usize) -> i64 {
        (self.targets[process] + (1 << UNIT) - 1) >> UNIT
    }

    /// Moves standbys from processes with too many, and to processes with too few, where it does not spread a task worse.
    fn even_out(&mut self) {
        let mut held: Vec<Vec<usize>> = vec![Vec::new(); self.loads.len()];
        for (task, chosen) in self.chosen.iter().enumerate() {
            chosen.iter().for_each(|process| held[*process].push(task));
        }
        // What is not there yet moves first.
        for (process, tasks) in held.iter_mut().enumerate() {
            tasks.sort_by_key(|task| (self.model.has_copy(process, *task), *task));
        }
        let mut checks = CHECKS_MAX;
        for process in 0..self.loads.len() {
            self.fill(process, &mut held, &mut checks);
        }
        for (process, tasks) in held.iter().enumerate() {
            self.empty(process, tasks, &mut checks);
        }
    }

    fn fill(&mut self, process: usize, held: &mut [Vec<usize>], checks: &mut usize) {
        if self.loads[process] >= self.least(process) {
            return;
        }
        let mut givers: Vec<usize> = (0..held.len()).filter(|giver| self.loads[*giver] > self.least(*giver)).collect();
        givers.sort_by_key(|giver| (-self.surplus(*giver), *giver));
        for giver in givers {
            let mut at = 0;
            while at < held[giver].len() && self.loads[giver] > self.least(giver) {
                let task = held[giver][at];
                if self.loads[process] >= self.least(process) || *checks == 0 {
                    return;
                }
                *checks -= 1;
                if self.can_move(task, giver, process) {
                    held[giver].remove(at);
                    held[process].push(task);
                    self.put(task, giver, process);
                } else {
                    at += 1;
                }
            }
        }
    }

    fn empty(&mut self, process: usize, held: &[usize], checks: &mut usize) {
        for task in held {
            if self.loads[process] <= self.most(process) || *checks == 0 {
                return;
            }
            if !self.chosen[*task].contains(&process) {
                continue;
            }
            let mut takers: Vec<(i64, usize)> = self.order.iter().filter_map(|zone| zone.first().copied()).collect();
            takers.sort_unstable();
            *checks = checks.saturating_sub(takers.len());
            let taker = takers
                .into_iter()
                .map(|(_, taker)| taker)
                .find(|taker| self.loads[*taker] < self.most(*taker) && self.can_move(*task, process, *taker));
            if let Some(taker) = taker {
                self.put(*task, process, taker);
            }
        }
    }

    fn can_move(&self, task: usize, from: usize, to: usize) -> bool {
        if !self.may(task, to, &self.chosen[task]) {
            return false;
        }
        let rest: Vec<usize> = self.chosen[task].iter().copied().filter(|process| *process != from).collect();
        let others = self.others(task, &rest);
        let score = |process: usize| self.spread.score(self.spread.zone_of[process], &others);
        score(to) >= score(from)
    }

    fn put(&mut self, task: usize, from: usize, to: usize) {
        self.chosen[task].iter_mut().filter(|process| **process == from).for_each(|process| *process = to);
        self.change_load(from, -1);
        self.change_load(to, 1);
    }
}
