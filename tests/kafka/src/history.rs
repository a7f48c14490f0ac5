//! Which member ran which task when, from the events of all members: how long a task had no owner, and whether it had two.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::events::Event;
use crate::waiting::wall_clock;

/// The time during which a member ran a task, in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenure {
    /// The member.
    pub member: String,
    /// Since when.
    pub from: i64,
    /// Until when.
    pub to: i64,
}

/// Which member ran which task when. It is filled with the events of members that have ended.
#[derive(Debug, Default)]
pub struct History {
    tenures: BTreeMap<String, Vec<Tenure>>,
    kills: Vec<i64>,
}

impl History {
    /// Adds the events of a member that has ended. `killed` is when it was killed, if it was: what it ran ended then.
    pub fn add(&mut self, member: &str, events: &[Event], killed: Option<i64>) {
        let mut running: BTreeMap<String, i64> = BTreeMap::new();
        let mut end = |task: &str, from: i64, to: i64| {
            let tenure = Tenure { member: member.to_owned(), from, to };
            self.tenures.entry(task.to_owned()).or_default().push(tenure);
        };
        for event in events {
            let task = event.text("task");
            match event.name() {
                "task_running" => _ = running.entry(task.to_owned()).or_insert_with(|| event.time_ms()),
                "task_closed" => running.remove(task).into_iter().for_each(|from| end(task, from, event.time_ms())),
                _ => {}
            }
        }
        self.kills.extend(killed);
        let last = killed.or_else(|| Some(events.last()?.time_ms())).unwrap_or_default();
        running.into_iter().for_each(|(task, from)| end(&task, from, last));
    }

    /// The longest time for which a task had no owner between two, and that task with its owners.
    #[must_use]
    pub fn longest_vacancy(&self) -> (Duration, String) {
        self.longest(|vacancy| vacancy)
    }

    /// The same without the time for which the group waits for members that were killed: a session for each that was killed at the
    /// beginning, or while the group waited for another one. They may be waited for one after the other, since the coordinator takes one
    /// that was killed when it had joined again for alive until all others have joined, and for a session after that; if it leads, the
    /// others wait for its assignment. `pause` is how long the group takes to rebalance.
    ///
    /// # Panics
    /// When a time is longer than can be counted in milliseconds.
    #[must_use]
    pub fn longest_delay(&self, session: Duration, pause: Duration) -> (Duration, String) {
        let [session, pause] = [session, pause].map(|time| i64::try_from(time.as_millis()).expect("a short time"));
        let mut kills = self.kills.clone();
        kills.sort_unstable();
        self.longest(|(from, to)| {
            let waited = kills.iter().filter(|kill| **kill < to).fold(from, |until, kill| {
                let is_waited_for = (from - session..=until + pause).contains(kill);
                if is_waited_for { until.max(*kill) + session } else { until }
            });
            (waited, to)
        })
    }

    /// The longest vacancy of a task, of which a part counts.
    fn longest(&self, counted: impl Fn((i64, i64)) -> (i64, i64)) -> (Duration, String) {
        let mut longest = (Duration::ZERO, String::new());
        for (task, tenures) in self.sorted() {
            let mut latest: Option<Tenure> = None;
            for tenure in tenures {
                if let Some(before) = &latest {
                    let (from, to) = counted((before.to, tenure.from));
                    let vacancy = Duration::from_millis((to - from).max(0).unsigned_abs());
                    if vacancy > longest.0 {
                        longest = (vacancy, format!("{task}, from {before:?} to {tenure:?}"));
                    }
                }
                latest = latest.filter(|before| before.to > tenure.to).or(Some(tenure));
            }
        }
        longest
    }

    /// The tasks that two members ran at a time, with both.
    #[must_use]
    pub fn overlaps(&self) -> Vec<String> {
        let mut overlaps = Vec::new();
        for (task, tenures) in self.sorted() {
            for pair in tenures.windows(2).filter(|pair| pair[1].from < pair[0].to) {
                overlaps.push(format!("{task}: {:?} and {:?}", pair[0], pair[1]));
            }
        }
        overlaps
    }

    /// How often a task has begun to run.
    #[must_use]
    pub fn tenures(&self) -> usize {
        self.tenures.values().map(Vec::len).sum()
    }

    fn sorted(&self) -> BTreeMap<String, Vec<Tenure>> {
        let mut sorted = self.tenures.clone();
        sorted.values_mut().for_each(|tenures| tenures.sort_by_key(|tenure| (tenure.from, tenure.to)));
        sorted
    }
}

/// The present time, in milliseconds since 1970.
#[must_use]
pub fn now_ms() -> i64 {
    wall_clock().as_millis()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(lines: &[(&str, &str, u32)]) -> Vec<Event> {
        let line = |(name, task, second): &(&str, &str, u32)| {
            format!(r#"{{"event":"{name}","task":"{task}","time":"1970-01-01T00:00:{second:02}.000Z"}}"#)
        };
        lines.iter().map(|event| Event::parse(&line(event))).collect()
    }

    #[test]
    fn vacancies_and_overlaps_are_found() {
        let mut history = History::default();
        history.add("a", &events(&[("task_running", "1_0", 1), ("task_closed", "1_0", 3)]), None);
        history.add("b", &events(&[("task_running", "1_0", 5)]), Some(9_000));
        assert_eq!(history.longest_vacancy().0, Duration::from_secs(2));
        assert!(history.overlaps().is_empty(), "{:?}", history.overlaps());
        history.add("c", &events(&[("task_running", "1_0", 8), ("task_closed", "1_0", 30)]), None);
        assert_eq!(history.overlaps().len(), 1);
        history.add("d", &events(&[("task_running", "1_0", 29)]), Some(31_000));
        history.add("e", &events(&[("task_running", "1_0", 35)]), Some(36_000));
        assert_eq!(history.longest_vacancy().0, Duration::from_secs(4));
        // b was killed at second 9, and the group waited until 12; d at 31, and it waited until 34.
        assert_eq!(history.longest_delay(Duration::from_secs(3), Duration::ZERO).0, Duration::from_secs(2));
        assert_eq!(history.tenures(), 5);
    }
}
