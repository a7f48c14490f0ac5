//! How many partitions each member is to have.
//!
//! All partitions of a topic are alike here. A balance is the best if no partition can go from a member to one that has at
//! least two fewer, neither directly nor over other members that pass on another topic. (Then the sum of squares of the
//! loads is the smallest: a minimum-cost flow has no negative cycle.)

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

/// The partitions of each member: movable ones by topic, and the load, which includes those that may not move.
pub(super) struct Balancer<'a> {
    /// The members that may have partitions of each topic.
    subscribers: &'a [Vec<usize>],
    /// The movable partitions of each member by topic.
    held: Vec<BTreeMap<usize, usize>>,
    loads: Vec<usize>,
}

/// A search for a member with a smaller load.
struct Search {
    /// For each member that was reached: the member and the topic over which. The start is its own predecessor.
    reached: Vec<Option<(usize, usize)>>,
    has_topic: Vec<bool>,
    queue: VecDeque<usize>,
    lightest: usize,
}

impl<'a> Balancer<'a> {
    /// Starts with partitions that may not move.
    pub(super) fn new(subscribers: &'a [Vec<usize>], fixed: &[BTreeMap<usize, usize>]) -> Self {
        let loads = fixed.iter().map(|topics| topics.values().sum()).collect();
        Self { subscribers, held: vec![BTreeMap::new(); fixed.len()], loads }
    }

    /// Places partitions of a topic, each where the load is the smallest. They may move later.
    pub(super) fn place(&mut self, topic: usize, count: usize) {
        if count == 0 {
            return;
        }
        let loads = self.subscribers[topic].iter().map(|member| Reverse((self.loads[*member], *member)));
        let mut lightest: BinaryHeap<_> = loads.collect();
        for _ in 0..count {
            let Some(mut top) = lightest.peek_mut() else { return };
            let Reverse((load, member)) = &mut *top;
            *load += 1;
            self.loads[*member] = *load;
            *self.held[*member].entry(topic).or_insert(0) += 1;
        }
    }

    /// Lets these partitions move, which could not until now.
    pub(super) fn release(&mut self, fixed: &[BTreeMap<usize, usize>]) {
        for (held, fixed) in self.held.iter_mut().zip(fixed) {
            fixed.iter().for_each(|(topic, count)| *held.entry(*topic).or_insert(0) += count);
        }
    }

    /// Moves partitions until the balance is the best.
    ///
    /// Each search starts at the members with the largest load. If it fails, all members that it reached are as good as
    /// they can be: no later move starts or ends there, and later searches do not look at them.
    pub(super) fn level(&mut self) {
        let mut settled = vec![false; self.loads.len()];
        while let Some((lightest, heaviest)) = self.extremes(&settled) {
            if heaviest < lightest + 2 {
                return;
            }
            let search = self.search(&settled, lightest, heaviest);
            if self.loads[search.lightest] + 2 <= heaviest {
                self.shift(&search);
            } else {
                settled.iter_mut().zip(&search.reached).for_each(|(settled, reached)| *settled |= reached.is_some());
            }
        }
    }

    /// The movable partitions of each member by topic.
    pub(super) fn into_held(self) -> Vec<BTreeMap<usize, usize>> {
        self.held
    }

    /// The smallest and the largest load of the members that are not settled.
    fn extremes(&self, settled: &[bool]) -> Option<(usize, usize)> {
        let open = self.loads.iter().zip(settled).filter(|(_, settled)| !**settled).map(|(load, _)| *load);
        open.fold(None, |extremes, load| {
            let (lightest, heaviest) = extremes.unwrap_or((load, load));
            Some((load.min(lightest), load.max(heaviest)))
        })
    }

    /// Searches from all members with the load `heaviest`. Ends early at one with the load `lightest`.
    fn search(&self, settled: &[bool], lightest: usize, heaviest: usize) -> Search {
        let starts = (0..self.loads.len()).filter(|member| self.loads[*member] == heaviest && !settled[*member]);
        let mut search = Search::new(self.loads.len(), self.subscribers.len(), starts);
        while let Some(member) = search.queue.pop_front() {
            for topic in self.held[member].keys() {
                self.reach(&mut search, settled, member, *topic);
                if self.loads[search.lightest] == lightest {
                    return search;
                }
            }
        }
        search
    }

    /// Reaches the members to which a member can pass on a topic.
    fn reach(&self, search: &mut Search, settled: &[bool], from: usize, topic: usize) {
        if std::mem::replace(&mut search.has_topic[topic], true) {
            return;
        }
        for member in self.subscribers[topic].iter().copied().filter(|member| !settled[*member]) {
            if search.reached[member].is_some() {
                continue;
            }
            search.reached[member] = Some((from, topic));
            search.queue.push_back(member);
            if self.loads[member] < self.loads[search.lightest] {
                search.lightest = member;
            }
        }
    }

    /// Moves one partition along each step of the path to the member that was found.
    fn shift(&mut self, search: &Search) {
        let mut to = search.lightest;
        self.loads[to] += 1;
        while let Some((from, topic)) = search.reached[to].filter(|(from, _)| *from != to) {
            *self.held[to].entry(topic).or_insert(0) += 1;
            match self.held[from].get_mut(&topic) {
                Some(count) if *count > 1 => *count -= 1,
                _ => _ = self.held[from].remove(&topic),
            }
            to = from;
        }
        self.loads[to] -= 1;
    }
}

impl Search {
    fn new(members: usize, topics: usize, starts: impl Iterator<Item = usize>) -> Self {
        let (mut reached, queue) = (vec![None; members], starts.collect::<VecDeque<_>>());
        queue.iter().for_each(|start| reached[*start] = Some((*start, 0)));
        let lightest = queue.front().copied().unwrap_or(0);
        Self { reached, has_topic: vec![false; topics], queue, lightest }
    }
}
