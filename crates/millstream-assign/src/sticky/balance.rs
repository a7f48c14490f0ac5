//! Divides things of several groups among bins: evenly in each group and in all, with few moves.
//!
//! Used twice: tasks of sub-topologies among processes, and those of a process among its threads.

use std::cmp::Reverse;
use std::collections::BTreeSet;

/// Shares are in units of 1 / 2^20 of a thing.
const UNIT: u32 = 20;

/// How many other bins are tried for a thing that should leave its bin.
const TRIED_MAX: usize = 64;

/// What is divided.
pub(super) struct Thing {
    pub(super) group: usize,
    /// The bin where it is.
    pub(super) start: Option<usize>,
    /// The bins where it would better be than elsewhere, the best first.
    pub(super) likes: Vec<usize>,
}

/// The bins, and the share that each of them has in each group.
pub(super) struct Bins {
    pub(super) count: usize,
    pub(super) groups: usize,
    /// Bin by bin and group by group; 0 if the bin cannot have things of the group.
    pub(super) weights: Vec<u32>,
}

/// Finds a bin for each thing; `None` if no bin can have it.
///
/// Of each group a bin gets its share, rounded down or up, and so it does of all things together. Where weights differ, the groups give way
/// by one thing, so that the sums are even. A division that is even already is not changed, and a thing is moved only to make it so.
pub(super) fn balance(bins: &Bins, things: &[Thing]) -> Vec<Option<usize>> {
    let mut balance = Balance::new(bins, things);
    (0..bins.groups).for_each(|group| balance.even_out_group(group));
    balance.even_out_totals();
    balance.place
}

struct Balance<'a> {
    bins: &'a Bins,
    things: &'a [Thing],
    place: Vec<Option<usize>>,
    /// The things of a bin and group.
    held: Vec<Vec<usize>>,
    /// The things that would better be in a bin.
    liked: Vec<Vec<usize>>,
    by_group: Vec<Vec<usize>>,
    weight_sums: Vec<u64>,
    totals: Vec<i64>,
    targets: Vec<i64>,
    /// By how much a group may be uneven.
    slack: usize,
}

impl<'a> Balance<'a> {
    fn new(bins: &'a Bins, things: &'a [Thing]) -> Self {
        let groups = bins.groups;
        let sum = |group| (0..bins.count).map(|bin| u64::from(bins.weights[bin * groups + group])).sum();
        let first = bins.weights.first().copied();
        let mut balance = Self {
            bins,
            things,
            place: vec![None; things.len()],
            held: vec![Vec::new(); bins.count * groups],
            liked: vec![Vec::new(); bins.count],
            by_group: vec![Vec::new(); groups],
            weight_sums: (0..groups).map(sum).collect(),
            totals: vec![0; bins.count],
            targets: Vec::new(),
            slack: usize::from(bins.weights.iter().any(|weight| Some(*weight) != first)),
        };
        for (number, thing) in things.iter().enumerate() {
            balance.by_group[thing.group].push(number);
            thing.likes.iter().for_each(|bin| balance.liked[*bin].push(number));
            if let Some(bin) = thing.start.filter(|bin| balance.weight(*bin, thing.group) > 0) {
                balance.put(number, bin);
            }
        }
        balance.targets = (0..bins.count).map(|bin| (0..groups).map(|group| balance.share(bin, group)).sum()).collect();
        balance
    }

    fn weight(&self, bin: usize, group: usize) -> u32 {
        self.bins.weights[bin * self.bins.groups + group]
    }

    fn count(&self, bin: usize, group: usize) -> usize {
        self.held[bin * self.bins.groups + group].len()
    }

    fn product(&self, bin: usize, group: usize) -> u64 {
        self.by_group[group].len() as u64 * u64::from(self.weight(bin, group))
    }

    /// The share of a bin in a group, in units.
    fn share(&self, bin: usize, group: usize) -> i64 {
        ((self.product(bin, group) << UNIT) / self.weight_sums[group].max(1)) as i64
    }

    fn least(&self, bin: usize, group: usize) -> usize {
        (self.product(bin, group) / self.weight_sums[group].max(1)) as usize
    }

    fn most(&self, bin: usize, group: usize) -> usize {
        self.product(bin, group).div_ceil(self.weight_sums[group].max(1)) as usize
    }

    /// By how much a bin has more than its share of all things, in units.
    fn surplus(&self, bin: usize) -> i64 {
        (self.totals[bin] << UNIT) - self.targets[bin]
    }

    fn total_least(&self, bin: usize) -> i64 {
        (self.targets[bin] + self.bins.groups as i64) >> UNIT
    }

    fn total_most(&self, bin: usize) -> i64 {
        (self.targets[bin] + (1 << UNIT) - 1) >> UNIT
    }

    fn put(&mut self, thing: usize, bin: usize) {
        self.take_out(thing);
        self.place[thing] = Some(bin);
        self.totals[bin] += 1;
        self.held[bin * self.bins.groups + self.things[thing].group].push(thing);
    }

    fn take_out(&mut self, thing: usize) {
        if let Some(bin) = self.place[thing].take() {
            self.totals[bin] -= 1;
            self.held[bin * self.bins.groups + self.things[thing].group].retain(|other| *other != thing);
        }
    }

    fn even_out_group(&mut self, group: usize) {
        let eligible: Vec<usize> = (0..self.bins.count).filter(|bin| self.weight(*bin, group) > 0).collect();
        if eligible.is_empty() || self.by_group[group].is_empty() {
            return;
        }
        for bin in &eligible {
            self.release(*bin, group);
        }
        self.place_where_liked(group);
        self.place_where_least(&eligible, group);
        for bin in &eligible {
            self.fill(*bin, &eligible, group);
        }
    }

    /// Takes out what a bin has too much, first what would better be in a bin with room.
    fn release(&mut self, bin: usize, group: usize) {
        let most = self.most(bin, group) + self.slack;
        let excess = self.count(bin, group).saturating_sub(most);
        if excess == 0 {
            return;
        }
        let mut held = self.held[bin * self.bins.groups + group].clone();
        held.sort_by_key(|thing| {
            let has_room = |other: &usize| *other != bin && self.count(*other, group) < self.most(*other, group);
            (!self.things[*thing].likes.iter().any(has_room), Reverse(*thing))
        });
        held.into_iter().take(excess).for_each(|thing| self.take_out(thing));
    }

    fn place_where_liked(&mut self, group: usize) {
        for at in 0..self.by_group[group].len() {
            let thing = self.by_group[group][at];
            let has_room =
                |bin: &usize| self.weight(*bin, group) > 0 && self.count(*bin, group) < self.most(*bin, group);
            if self.place[thing].is_none()
                && let Some(bin) = self.things[thing].likes.iter().copied().find(has_room)
            {
                self.put(thing, bin);
            }
        }
    }

    /// Puts the rest first where less than the share is, then where the sum is the smallest.
    fn place_where_least(&mut self, eligible: &[usize], group: usize) {
        let waiting: Vec<usize> =
            self.by_group[group].iter().copied().filter(|thing| self.place[*thing].is_none()).collect();
        if waiting.is_empty() {
            return;
        }
        let key = |balance: &Self, bin: usize| {
            (balance.count(bin, group) >= balance.least(bin, group), balance.surplus(bin), bin)
        };
        let has_room = |balance: &Self, bin: usize| balance.count(bin, group) < balance.most(bin, group);
        let mut open: BTreeSet<(bool, i64, usize)> =
            eligible.iter().filter(|bin| has_room(self, **bin)).map(|bin| key(self, *bin)).collect();
        for thing in waiting {
            let Some((_, _, bin)) = open.pop_first() else { return };
            self.put(thing, bin);
            if has_room(self, bin) {
                open.insert(key(self, bin));
            }
        }
    }

    /// Brings a bin to its share, first with what it likes.
    fn fill(&mut self, bin: usize, eligible: &[usize], group: usize) {
        let least = self.least(bin, group).saturating_sub(self.slack);
        if self.count(bin, group) >= least {
            return;
        }
        for at in 0..self.liked[bin].len() {
            let thing = self.liked[bin][at];
            let gives = |from: usize| from != bin && self.count(from, group) > self.least(from, group);
            if self.count(bin, group) < least
                && self.things[thing].group == group
                && self.place[thing].is_some_and(gives)
            {
                self.put(thing, bin);
            }
        }
        while self.count(bin, group) < least {
            let givers = eligible.iter().copied().filter(|from| self.count(*from, group) > self.least(*from, group));
            let Some(from) = givers.max_by_key(|from| (self.surplus(*from), Reverse(*from))) else { return };
            let Some(thing) = self.choose(from, bin, group) else { return };
            self.put(thing, bin);
        }
    }

    /// The thing of a group that goes from one bin to another at the least cost.
    fn choose(&self, from: usize, to: usize, group: usize) -> Option<usize> {
        let held = self.held[from * self.bins.groups + group].iter().copied();
        held.min_by_key(|thing| (self.cost(*thing, from, to), Reverse(*thing)))
    }

    fn cost(&self, thing: usize, from: usize, to: usize) -> u8 {
        let thing = &self.things[thing];
        let (is_free, likes) = (thing.start != Some(from), |bin| thing.likes.contains(&bin));
        match () {
            () if thing.start == Some(to) => 0,
            () if is_free && likes(to) => 1,
            () if is_free && !likes(from) => 2,
            () if likes(to) => 3,
            () if is_free => 4,
            () => 5,
        }
    }

    fn even_out_totals(&mut self) {
        let mut order: BTreeSet<(i64, usize)> = (0..self.bins.count).map(|bin| (self.surplus(bin), bin)).collect();
        self.empty_the_full(&mut order);
        self.fill_the_empty(&mut order);
    }

    fn empty_the_full(&mut self, order: &mut BTreeSet<(i64, usize)>) {
        let full = |balance: &Self, bin: usize| balance.totals[bin] > balance.total_most(bin);
        let mut bins: Vec<usize> = (0..self.bins.count).filter(|bin| full(self, *bin)).collect();
        bins.sort_by_key(|bin| Reverse(self.surplus(*bin)));
        for bin in bins {
            while full(self, bin) {
                let open = order.iter().map(|(_, other)| *other).take(TRIED_MAX);
                let mut open = open.filter(|other| self.totals[*other] < self.total_most(*other));
                let found = open.find_map(|to| Some((to, self.best_group(bin, to)?)));
                let Some((to, group)) = found else { break };
                self.move_one(bin, to, group, order);
            }
        }
    }

    fn fill_the_empty(&mut self, order: &mut BTreeSet<(i64, usize)>) {
        let empty = |balance: &Self, bin: usize| balance.totals[bin] < balance.total_least(bin);
        for bin in (0..self.bins.count).filter(|bin| empty(self, *bin)).collect::<Vec<_>>() {
            while empty(self, bin) {
                let givers = order.iter().rev().map(|(_, other)| *other).take(TRIED_MAX);
                let mut givers = givers.filter(|other| self.totals[*other] > self.total_least(*other));
                let found = givers.find_map(|from| Some((from, self.best_group(from, bin)?)));
                let Some((from, group)) = found else { break };
                self.move_one(from, bin, group, order);
            }
        }
    }

    fn move_one(&mut self, from: usize, to: usize, group: usize, order: &mut BTreeSet<(i64, usize)>) {
        let Some(thing) = self.choose(from, to, group) else { return };
        order.remove(&(self.surplus(from), from));
        order.remove(&(self.surplus(to), to));
        self.put(thing, to);
        order.insert((self.surplus(from), from));
        order.insert((self.surplus(to), to));
    }

    /// The group of which a thing should go from one bin to another: where it makes that group more even, at the least cost.
    ///
    /// With equal weights there is one. Both bins have the same shares, and one has more things in all; so it has more of some group, which is
    /// rounded up there and down in the other.
    fn best_group(&self, from: usize, to: usize) -> Option<usize> {
        let may = |group: &usize| {
            let (has, gets) = (self.count(from, *group), self.count(to, *group));
            has > 0
                && self.weight(to, *group) > 0
                && gets < self.most(to, *group) + self.slack
                && has + self.slack > self.least(from, *group)
        };
        let key = |group: &usize| {
            let over = |bin| ((self.count(bin, *group) as i64) << UNIT) - self.share(bin, *group);
            let cost = self.choose(from, to, *group).map_or(u8::MAX, |thing| self.cost(thing, from, to));
            (Reverse(over(from) - over(to)), cost, *group)
        };
        (0..self.bins.groups).filter(may).min_by_key(key)
    }
}
