//! Calls an assignor, checks its result, and replaces it where it is of no use.

use std::collections::{BTreeMap, BTreeSet};

use millstream_types::{Topic, TopicPartition};

use super::group_assignor::{AssignorAssignment, AssignorMember, GroupAssignor};

/// What an assignor has assigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignorOutcome {
    /// The assignments of all members. If the assignor has failed, each keeps what it owns, with empty user data.
    pub assignments: Vec<AssignorAssignment>,
    /// Why the assignor has failed, as [`LogEvent::AssignorFailed`](crate::LogEvent::AssignorFailed) reports it.
    pub fault: Option<String>,
}

impl AssignorOutcome {
    /// Calls [`GroupAssignor::assign`]. A log does this for the member that leads the group. No partition is assigned twice, or
    /// to another member than its owner, whatever the assignor does.
    #[must_use]
    pub fn of(assignor: &dyn GroupAssignor, members: &[AssignorMember], partitions: &BTreeMap<Topic, u32>) -> Self {
        let owners = owners(members);
        let assigned = assignor.assign(members, partitions);
        let assigned = assigned.and_then(|assigned| check(&assigned, members, partitions, &owners).map(|()| assigned));
        match assigned {
            Ok(assignments) => Self { assignments, fault: None },
            Err(reason) => {
                let fault = format!(
                    "the assignor `{}` cannot divide the partitions of the group, so its members keep what they have until it \
                     is tried again: {reason}",
                    assignor.name()
                );
                Self { assignments: kept(members, &owners), fault: Some(fault) }
            }
        }
    }
}

/// The owner of each partition that a member claims; `None` if two claim it with equal right, so that neither may have it.
type Owners<'a> = BTreeMap<&'a TopicPartition, Option<&'a str>>;

/// Of several claims the one with the highest generation counts (KIP-792).
fn owners(members: &[AssignorMember]) -> Owners<'_> {
    let mut claims: BTreeMap<&TopicPartition, (Option<i32>, Option<&str>)> = BTreeMap::new();
    for member in members {
        for partition in member.owned.iter().collect::<BTreeSet<_>>() {
            let claim = (member.generation, Some(member.member_id.as_str()));
            let known = claims.entry(partition).or_insert(claim);
            if known.0 < claim.0 {
                *known = claim;
            } else if known.0 == claim.0 && known.1 != claim.1 {
                known.1 = None;
            }
        }
    }
    claims.into_iter().map(|(partition, (_, owner))| (partition, owner)).collect()
}

fn check(
    assignments: &[AssignorAssignment],
    members: &[AssignorMember],
    partitions: &BTreeMap<Topic, u32>,
    owners: &Owners<'_>,
) -> Result<(), String> {
    let members: BTreeMap<&str, &AssignorMember> =
        members.iter().map(|member| (member.member_id.as_str(), member)).collect();
    let mut assigned: BTreeMap<&TopicPartition, &str> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for assignment in assignments {
        let id = assignment.member_id.as_str();
        let member = members.get(id).ok_or_else(|| format!("there is no member `{id}`"))?;
        if !seen.insert(id) {
            return Err(format!("the member `{id}` stands twice in its result"));
        }
        for partition in &assignment.partitions {
            if !exists(partition, partitions) {
                return Err(format!("{partition} does not exist"));
            }
            if !member.topics.contains(&partition.topic) {
                return Err(format!("{partition} was assigned to `{id}`, which does not subscribe to its topic"));
            }
            if let Some(other) = assigned.insert(partition, id) {
                return Err(format!("{partition} was assigned to `{other}` and to `{id}`"));
            }
            match owners.get(partition) {
                Some(Some(owner)) if *owner != id => {
                    return Err(format!("{partition} was assigned to `{id}` while `{owner}` owns it"));
                }
                Some(None) => return Err(format!("{partition} was assigned to `{id}` while several members own it")),
                Some(Some(_)) | None => {}
            }
        }
    }
    Ok(())
}

/// What each member owns and still subscribes to, also of a topic that was not found: that may be the fault.
fn kept(members: &[AssignorMember], owners: &Owners<'_>) -> Vec<AssignorAssignment> {
    let kept = |member: &AssignorMember| {
        let owns = |partition: &&TopicPartition| {
            let owner = owners.get(partition).copied().flatten();
            owner == Some(member.member_id.as_str()) && member.topics.contains(&partition.topic)
        };
        let owned: BTreeSet<&TopicPartition> = member.owned.iter().filter(owns).collect();
        AssignorAssignment {
            member_id: member.member_id.clone(),
            partitions: owned.into_iter().cloned().collect(),
            user_data: Vec::new(),
        }
    };
    members.iter().map(kept).collect()
}

fn exists(partition: &TopicPartition, partitions: &BTreeMap<Topic, u32>) -> bool {
    partitions.get(&partition.topic).is_some_and(|count| partition.partition.number() < *count)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(Result<Vec<AssignorAssignment>, String>);

    impl GroupAssignor for Fixed {
        fn name(&self) -> &'static str {
            "fixed"
        }

        fn subscription(&self) -> Vec<u8> {
            Vec::new()
        }

        fn assign(&self, _: &[AssignorMember], _: &BTreeMap<Topic, u32>) -> Result<Vec<AssignorAssignment>, String> {
            self.0.clone()
        }
    }

    fn at(numbers: &[u32]) -> Vec<TopicPartition> {
        numbers.iter().map(|number| TopicPartition::new("t", *number)).collect()
    }

    fn member(id: &str, generation: Option<i32>, owned: &[u32]) -> AssignorMember {
        let topics = vec![Topic::from("t")];
        AssignorMember { member_id: id.to_owned(), topics, owned: at(owned), generation, ..Default::default() }
    }

    fn assignment(id: &str, numbers: &[u32], user_data: &[u8]) -> AssignorAssignment {
        AssignorAssignment { member_id: id.to_owned(), partitions: at(numbers), user_data: user_data.to_vec() }
    }

    fn outcome(members: &[AssignorMember], result: Result<Vec<AssignorAssignment>, String>) -> AssignorOutcome {
        AssignorOutcome::of(&Fixed(result), members, &BTreeMap::from([(Topic::from("t"), 4)]))
    }

    #[test]
    fn a_result_without_a_fault_is_passed_on() {
        let members = [member("a", Some(3), &[0, 1]), member("b", None, &[])];
        let result = vec![assignment("a", &[0], b"x"), assignment("b", &[2, 3], b"y")];
        assert_eq!(outcome(&members, Ok(result.clone())), AssignorOutcome { assignments: result, fault: None });
        assert_eq!(outcome(&members, Ok(Vec::new())).fault, None, "whoever is left out gets nothing");
    }

    #[test]
    fn what_would_give_a_partition_two_owners_is_a_fault_and_members_keep_what_they_own() {
        let members = [member("a", Some(3), &[0, 1]), member("b", Some(3), &[2]), member("stale", Some(2), &[2, 3])];
        for (result, reason) in [
            (vec![assignment("b", &[0], b"")], "t-0 was assigned to `b` while `a` owns it"),
            (vec![assignment("stale", &[2], b"")], "t-2 was assigned to `stale` while `b` owns it"),
            (vec![assignment("a", &[0, 0], b"")], "t-0 was assigned to `a` and to `a`"),
            (vec![assignment("c", &[], b"")], "there is no member `c`"),
            (vec![assignment("a", &[0], b""), assignment("a", &[1], b"")], "the member `a` stands twice in its result"),
            (vec![assignment("a", &[4], b"")], "t-4 does not exist"),
        ] {
            let outcome = outcome(&members, Ok(result));
            let fault = outcome.fault.unwrap();
            assert!(fault.starts_with("the assignor `fixed` cannot divide") && fault.ends_with(reason), "{fault}");
            let expected = [assignment("a", &[0, 1], b""), assignment("b", &[2], b""), assignment("stale", &[3], b"")];
            assert_eq!(outcome.assignments, expected);
        }
    }

    #[test]
    fn a_partition_of_another_topic_than_the_members_is_a_fault() {
        let members = [AssignorMember { topics: Vec::new(), ..member("a", None, &[]) }];
        let fault = outcome(&members, Ok(vec![assignment("a", &[0], b"")])).fault.unwrap();
        assert!(fault.ends_with("t-0 was assigned to `a`, which does not subscribe to its topic"), "{fault}");
    }

    #[test]
    fn nobody_keeps_what_two_members_claim_in_one_generation() {
        let members = [member("a", Some(3), &[0, 1]), member("b", Some(3), &[1, 2])];
        let fault = outcome(&members, Ok(vec![assignment("a", &[1], b"")])).fault.unwrap();
        assert!(fault.ends_with("t-1 was assigned to `a` while several members own it"), "{fault}");
        let failed = outcome(&members, Err("no data".to_owned()));
        assert_eq!(failed.assignments, [assignment("a", &[0], b""), assignment("b", &[2], b"")]);
        assert!(failed.fault.unwrap().ends_with(": no data"));
        let without_topic = AssignorOutcome::of(&Fixed(Err("no topic".to_owned())), &members, &BTreeMap::new());
        assert_eq!(without_topic.assignments, failed.assignments, "a topic that is not found takes nothing away");
    }
}
