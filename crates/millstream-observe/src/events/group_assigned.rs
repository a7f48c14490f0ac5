//! What the leader of a group has assigned.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::fields::known_millis;

/// What the leader of a group has assigned: which tasks move, and what is still to come. There is one for each rebalance that
/// an application with its own assignment has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GroupAssigned {
    /// How many members the group has: stream threads.
    pub members: usize,
    /// How many processes they are in.
    pub processes: usize,
    /// How many active tasks the members have.
    pub active: usize,
    /// How many standbys they have.
    pub standbys: usize,
    /// How many warm-ups they have.
    pub warm_ups: usize,
    /// Each active task that moves: the task, where from, where to, why, and how far it is.
    pub moves: Vec<String>,
    /// Each task that nobody has now, and why.
    pub unassigned: Vec<String>,
    /// How many standbys are missing, because there are too few processes.
    pub missing_standbys: u32,
    /// The processes that have another topology than the leader: they get only tasks of sub-topologies that are the same in both.
    pub other_topologies: Vec<String>,
    /// When the group looks whether tasks have warmed up; `None` if none has to.
    #[serde(rename = "probing_ms", serialize_with = "known_millis", skip_serializing_if = "Option::is_none")]
    pub probing: Option<Duration>,
}

impl fmt::Display for GroupAssigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { members, processes, active, standbys, warm_ups, .. } = self;
        write!(
            f,
            "As the leader of the group, assigned {active} active tasks, {standbys} standbys and {warm_ups} warm-ups to \
             {members} members in {processes} processes"
        )?;
        write_list(f, "; moves", &self.moves)?;
        write_list(f, "; nobody has", &self.unassigned)?;
        if self.missing_standbys > 0 {
            write!(f, "; {} standbys are missing, since there are too few processes", self.missing_standbys)?;
        }
        write_list(f, "; with another topology", &self.other_topologies)?;
        f.write_str(".")
    }
}

/// How many entries of a list a message shows. The event has all of them.
const SHOWN_MAX: usize = 10;

fn write_list(f: &mut fmt::Formatter<'_>, what: &str, list: &[String]) -> fmt::Result {
    if list.is_empty() {
        return Ok(());
    }
    write!(f, "{what}: {}", list[..list.len().min(SHOWN_MAX)].join("; "))?;
    let left = list.len().saturating_sub(SHOWN_MAX);
    if left > 0 { write!(f, "; and {left} more") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_says_what_moves_and_what_is_missing() {
        let assigned = GroupAssigned {
            members: 3,
            processes: 2,
            active: 4,
            standbys: 3,
            moves: (0..12).map(|number| format!("0_{number} moves")).collect(),
            unassigned: vec!["1_0: being revoked".to_owned()],
            missing_standbys: 1,
            other_topologies: vec!["b:80".to_owned()],
            ..GroupAssigned::default()
        };
        let shown: Vec<String> = (0..10).map(|number| format!("0_{number} moves")).collect();
        let expected = format!(
            "As the leader of the group, assigned 4 active tasks, 3 standbys and 0 warm-ups to 3 members in 2 processes; moves: {}; \
             and 2 more; nobody has: 1_0: being revoked; 1 standbys are missing, since there are too few processes; \
             with another topology: b:80.",
            shown.join("; ")
        );
        assert_eq!(assigned.to_string(), expected);
    }
}
