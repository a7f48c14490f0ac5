//! Members, their callers and brokers. Checks at each step that no partition has two owners.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use millstream_log::{CommittedOffset, LogError, LogEvent, Signal};
use millstream_types::{MonotonicTime, Offset, Topic, TopicPartition};

use crate::client::{Cluster, Task};
use crate::group::{ExitMode, GroupMember, Member as _, MemberSettings};
use crate::settings::ClientSettings;
use crate::testing::{Pace, TestCluster, TestPartition};

pub(super) const GROUP: &str = "g";

/// The longest time that a test waits.
const PATIENCE: Duration = Duration::from_secs(30);

/// The topics `t` and `u` of brokers, and members by their numbers.
pub(super) struct Lab {
    pub(super) brokers: TestCluster,
    pub(super) now: MonotonicTime,
    pub(super) step: Duration,
    pub(super) members: Vec<Member>,
    pub(super) signal: Signal,
    pub(super) settings: MemberSettings,
    pace: Pace,
}

/// A member and what its caller knows.
pub(super) struct Member {
    pub(super) cluster: Cluster,
    pub(super) member: GroupMember,
    pub(super) owned: BTreeSet<TopicPartition>,
    /// What was reported, in order; of partitions their numbers.
    pub(super) reports: Vec<String>,
    pub(super) commits: Vec<(u64, Result<(), LogError>)>,
    pub(super) fatal: Option<LogError>,
    /// Whether the caller carries out changes as soon as its commits are done.
    pub(super) is_prompt: bool,
    /// The change that is to be carried out: the partitions that it takes away.
    change: Option<Vec<TopicPartition>>,
    /// How many commits were begun by `begin_commit`.
    begun: usize,
    /// Whether the group has removed it, which it does not know yet: others may own what it owned.
    pub(super) is_removed: bool,
    pub(super) leaving: Option<Task<()>>,
}

impl Lab {
    /// Brokers 1 to 3, and topics with so many partitions.
    pub(super) fn new(partitions: [i32; 2]) -> Self {
        let brokers = TestCluster::start(3);
        brokers.edit(|script| {
            for (topic, count) in ["t", "u"].into_iter().zip(partitions) {
                script.partitions.extend((0..count).map(|it| ((topic.to_owned(), it), TestPartition::new(1))));
            }
        });
        let settings = MemberSettings {
            group_id: GROUP.to_owned(),
            instance_id: None,
            session_timeout: Duration::from_secs(45),
            rebalance_timeout: Duration::from_secs(300),
            heartbeat_interval: Duration::from_secs(3),
            metadata_age_max: None,
            assignor: None,
            rack: None,
            streams: None,
        };
        let now = MonotonicTime::after_start(Duration::from_secs(1_000));
        let step = Duration::from_millis(50);
        Self { brokers, now, step, members: Vec::new(), signal: Signal::new(), settings, pace: Pace::new() }
    }

    /// Adds a member of the topic `t`, without waiting.
    pub(super) fn add(&mut self) -> usize {
        self.add_with(self.settings.clone(), &["t"])
    }

    pub(super) fn add_with(&mut self, settings: MemberSettings, topics: &[&str]) -> usize {
        let client = ClientSettings { client_id: "tester".to_owned(), ..self.brokers.client_of(&[1, 2, 3]) };
        let cluster = Cluster::new(client, &self.signal);
        cluster.set_now(self.now);
        let mut member = GroupMember::new(&cluster, settings);
        member.subscribe(&topics.iter().map(|topic| Topic::from(*topic)).collect::<Vec<_>>());
        self.members.push(Member::new(cluster, member));
        self.members.len() - 1
    }

    /// Adds a member of the topic `t` and waits until it owns all that it will.
    pub(super) fn add_joined(&mut self) -> usize {
        let member = self.add();
        self.until_stable();
        member
    }

    pub(super) fn poll(&mut self) {
        for index in 0..self.members.len() {
            self.members[index].poll(self.now);
            self.check_owners(index);
        }
        let clients = self.members.iter().map(|member| &member.cluster);
        if self.pace.is_settled(&self.brokers, clients) {
            self.now += self.step;
        } else {
            self.signal.wait(Duration::from_millis(1));
        }
    }

    fn check_owners(&self, index: usize) {
        let (ids, member) = (self.ids(), &self.members[index]);
        let others = self.members.iter().enumerate().filter(|(other, it)| *other != index && it.is_in(&ids));
        for (other, it) in others.filter(|_| member.is_in(&ids)) {
            let both: Vec<_> = member.owned.intersection(&it.owned).collect();
            assert!(both.is_empty(), "{both:?} have two owners, {index} and {other}: {}", self.describe());
        }
    }

    #[track_caller]
    pub(super) fn until(&mut self, what: &str, mut is_it: impl FnMut(&mut Self) -> bool) {
        let begin = Instant::now();
        while !is_it(self) {
            assert!(begin.elapsed() < PATIENCE, "never: {what}; {}", self.describe());
            self.poll();
        }
    }

    /// What a test that fails has to say.
    fn describe(&self) -> String {
        let one = |(index, member): (usize, &Member)| {
            let (phase, id) = (member.member.phase.name(), member.member.member.get());
            let (reports, change) = (&member.reports[member.reports.len().saturating_sub(4)..], &member.change);
            let leaves = if member.leaving.is_some() { ", leaves" } else { "" };
            format!(
                "{index}{leaves}: {id:?} {phase} {reports:?} {change:?}, {} commits of {}",
                member.commits.len(),
                member.begun
            )
        };
        let members: Vec<_> = self.members.iter().enumerate().map(one).collect();
        let group = self.brokers.edit(|script| format!("{:?}", script.calls.group(GROUP)));
        let group = &group[..group.find("accepted").unwrap_or(group.len())];
        format!("{}; {group}", members.join("\n"))
    }

    /// Polls for so long by the time of the test.
    #[track_caller]
    pub(super) fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        self.until("time passes", |lab| lab.now >= until);
    }

    /// Polls until each partition has one owner, and the members know the last generation.
    #[track_caller]
    pub(super) fn until_stable(&mut self) {
        self.until("the group is stable", |lab| lab.is_stable());
    }

    pub(super) fn is_stable(&self) -> bool {
        let generation = self.brokers.edit(|script| script.calls.group(GROUP).generation);
        let joined = self.members.iter().filter(|member| member.fatal.is_none() && member.leaving.is_none());
        let is_current = |member: &Member| {
            member.member.session.as_ref().is_some_and(|session| session.generation.number() == generation)
                && matches!(member.member.phase, super::super::group_member::Phase::Member)
                && member.member.changes.has_given_away()
        };
        let topics: BTreeSet<_> = self.members.iter().flat_map(|member| &member.member.topics).collect();
        let partitions = self.brokers.edit(|script| script.partitions.keys().cloned().collect::<Vec<_>>());
        let expected = partitions.iter().filter(|(topic, _)| topics.contains(&Topic::from(topic.as_str()))).count();
        let owned: usize = joined.clone().map(|member| member.owned.len()).sum();
        joined.clone().count() > 0 && owned == expected && joined.clone().all(is_current)
    }

    /// Waits until a request of this kind waits or is held at a broker.
    #[track_caller]
    pub(super) fn until_waiting(&mut self, api: i16) {
        self.until("a request waits", |lab| lab.brokers.edit(|script| script.calls.waiting_for(api) > 0));
    }

    /// The ids of the members that the group has.
    pub(super) fn ids(&self) -> Vec<String> {
        self.brokers.edit(|script| script.calls.group(GROUP).members.keys().cloned().collect())
    }

    /// Ends the sessions of members, and of ids, that no client has.
    pub(super) fn expire_phantoms(&mut self) {
        let known: Vec<_> = self.members.iter().filter_map(|member| member.member.member.get()).collect();
        let is_known = |id: &String| known.iter().any(|it| it.as_str() == id);
        self.brokers.edit(|script| {
            let group = script.calls.group(GROUP);
            let ids: Vec<String> =
                group.members.keys().chain(&group.pending).filter(|id| !is_known(id)).cloned().collect();
            for id in ids {
                script.calls.with_group(GROUP, |group, answers| group.expire(&id, answers));
            }
        });
    }

    /// How many requests of this kind have come.
    pub(super) fn count(&self, api: i16) -> usize {
        self.brokers.edit(|script| script.calls.calls_of(api).len())
    }

    /// Commits an offset of a partition of `t`, and waits for the outcome.
    #[track_caller]
    pub(super) fn commit(&mut self, member: usize, number: u32, offset: i64) -> Result<(), LogError> {
        let token = self.members[member].member.commit(&[at("t", number, offset)]);
        self.until("the commit is done", |lab| lab.members[member].commits.iter().any(|(done, _)| *done == token));
        self.members[member].commits.iter().find(|(done, _)| *done == token).unwrap().1.clone()
    }

    pub(super) fn leave(&mut self, member: usize) {
        let member = &mut self.members[member];
        // One without an id has nothing to leave.
        member.leaving =
            Some(member.member.end_membership(ExitMode::Leave).unwrap_or_else(|| Task::new(std::future::pending())));
        member.owned.clear();
    }

    /// The offset that the group has of a partition of `t`.
    pub(super) fn committed(&self, number: i32) -> Option<i64> {
        let partition = ("t".to_owned(), number);
        self.brokers.edit(|script| script.calls.group(GROUP).offsets.get(&partition).map(|(offset, _)| *offset))
    }

    /// The numbers of the partitions of a member, without their topics.
    pub(super) fn owned(&self, member: usize) -> Vec<u32> {
        self.members[member].owned.iter().map(|partition| partition.partition.number()).collect()
    }
}

impl Member {
    fn new(cluster: Cluster, member: GroupMember) -> Self {
        Self {
            cluster,
            member,
            owned: BTreeSet::new(),
            reports: Vec::new(),
            commits: Vec::new(),
            fatal: None,
            is_prompt: true,
            change: None,
            begun: 0,
            is_removed: false,
            leaving: None,
        }
    }

    fn poll(&mut self, now: MonotonicTime) {
        self.cluster.set_now(now);
        if let Some(leaving) = &mut self.leaving {
            if leaving.poll().is_some() {
                self.leaving = Some(Task::new(std::future::pending()));
            }
            return;
        }
        let mut events = Vec::new();
        self.member.poll(now, &mut events);
        events.extend(self.cluster.outages().map(LogEvent::Unavailable));
        events.into_iter().for_each(|event| self.take(event));
        if self.is_prompt && self.commits.len() >= self.begun {
            self.carry_out();
        }
    }

    /// Carries out the change that was reported.
    pub(super) fn carry_out(&mut self) {
        if let Some(taken) = self.change.take() {
            self.owned.retain(|it| !taken.contains(it));
            self.member.finish_rebalance();
        }
    }

    /// Begins to commit an offset of a partition of `t`.
    pub(super) fn begin_commit(&mut self, number: u32, offset: i64) {
        self.begun += 1;
        self.member.commit(&[at("t", number, offset)]);
    }

    fn take(&mut self, event: LogEvent) {
        let report = match event {
            LogEvent::Assigned(partitions) => {
                self.owned.extend(partitions.iter().cloned());
                self.change = Some(Vec::new());
                format!("assigned {}", names(&partitions))
            }
            LogEvent::Revoked(partitions) => {
                assert!(
                    partitions.iter().all(|it| self.owned.contains(it)),
                    "{partitions:?} are revoked, {:?}",
                    self.owned
                );
                self.change = Some(partitions.clone());
                format!("revoked {}", names(&partitions))
            }
            LogEvent::Lost(partitions) => {
                assert!(
                    partitions.iter().all(|it| self.owned.contains(it)),
                    "{partitions:?} are lost, {:?}",
                    self.owned
                );
                self.owned.retain(|it| !partitions.contains(it));
                self.is_removed = false;
                self.change = Some(Vec::new());
                format!("lost {}", names(&partitions))
            }
            LogEvent::AssignmentData { user_data } => match user_data {
                Some(bytes) => format!("user data `{}`", String::from_utf8(bytes).unwrap()),
                None => "no user data".to_owned(),
            },
            LogEvent::AssignorFailed(reason) => format!("failed: {reason}"),
            LogEvent::CommitDone { token, result } => {
                self.commits.push((token, result));
                return;
            }
            LogEvent::Fatal(error) => {
                self.fatal = Some(error.clone());
                format!("fatal: {error}")
            }
            LogEvent::CoordinatorSilent(_) => "silent".to_owned(),
            LogEvent::CoordinatorResponds => "responds".to_owned(),
            LogEvent::Unavailable(reason) => format!("unavailable: {reason}"),
            other => panic!("{other:?}"),
        };
        self.reports.push(report);
    }

    /// Whether the group has it. One that was removed may own what others do, until it knows.
    fn is_in(&self, ids: &[String]) -> bool {
        let session = self.member.session.as_ref();
        !self.is_removed && session.is_some_and(|session| ids.iter().any(|id| id == session.member.as_str()))
    }

    /// How often something was reported that begins so.
    pub(super) fn reported(&self, begin: &str) -> usize {
        self.reports.iter().filter(|report| report.starts_with(begin)).count()
    }
}

/// The numbers of partitions.
pub(super) fn names(partitions: &[TopicPartition]) -> String {
    partitions.iter().map(|partition| partition.to_string()).collect::<Vec<_>>().join(" ")
}

/// An offset to commit.
pub(super) fn at(topic: &str, number: u32, offset: i64) -> (TopicPartition, CommittedOffset) {
    let metadata = format!("m{offset}");
    (TopicPartition::new(topic, number), CommittedOffset { offset: Offset::new(offset), metadata })
}

/// Settings of a static member.
pub(super) fn with_instance(settings: &MemberSettings, instance: &str) -> MemberSettings {
    MemberSettings { instance_id: Some(instance.to_owned()), ..settings.clone() }
}
