//! A member, its caller and a broker.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use millstream_log::{
    CommittedOffset, LogError, LogEvent, Signal, StreamsGroup, StreamsGroupSetting, StreamsSubtopology, StreamsTopic,
};
use millstream_protocol::messages as of;
use millstream_protocol::messages::streams_group_heartbeat::StreamsGroupHeartbeatResponseTaskIds as TaskIds;
use millstream_types::{MonotonicTime, Offset, TopicPartition};

use crate::client::{Cluster, Task};
use crate::group::streams::StreamsMember;
use crate::group::streams::streams_member::Phase;
use crate::group::{ExitMode, Member, MemberSettings};
use crate::settings::ClientSettings;
use crate::testing::{Pace, TestCluster, TestPartition};

/// The longest time that a test waits.
const PATIENCE: Duration = Duration::from_secs(30);

/// A member of the group `g`, whose sub-topology 0 reads `t` and repartitions it for sub-topology 1.
pub(super) struct Lab {
    pub(super) brokers: TestCluster,
    pub(super) member: StreamsMember,
    pub(super) now: MonotonicTime,
    pub(super) reports: Vec<String>,
    pub(super) owned: BTreeSet<String>,
    pub(super) commits: Vec<Result<(), LogError>>,
    pub(super) fatal: Option<LogError>,
    /// Whether the caller carries out changes at once.
    pub(super) is_prompt: bool,
    taken: Option<Vec<TopicPartition>>,
    cluster: Cluster,
    signal: Signal,
    pace: Pace,
}

pub(super) fn group() -> StreamsGroup {
    let topic = |name: &str, partitions| StreamsTopic {
        name: name.into(),
        partitions,
        config: [("cleanup.policy".to_owned(), "compact".to_owned())].into(),
    };
    let first = StreamsSubtopology {
        source_topics: ["t".into()].into(),
        repartition_sinks: ["g-r".into()].into(),
        ..StreamsSubtopology::new(0, "t".into())
    };
    let second = StreamsSubtopology {
        source_topics: ["u".into()].into(),
        repartition_sources: vec![topic("g-r", 2)],
        changelogs: vec![topic("g-c", 2)],
        copartitioned: vec![["g-r".into(), "u".into()].into()],
        ..StreamsSubtopology::new(1, "g-r".into())
    };
    StreamsGroup {
        process_id: "process".to_owned(),
        endpoint: Some(("host".to_owned(), 80)),
        client_tags: [("zone".to_owned(), "a".to_owned())].into(),
        subtopologies: vec![first, second],
        settings: Vec::new(),
    }
}

pub(super) fn settings() -> MemberSettings {
    MemberSettings {
        group_id: "g".to_owned(),
        instance_id: None,
        session_timeout: Duration::from_secs(45),
        rebalance_timeout: Duration::from_secs(300),
        heartbeat_interval: Duration::from_secs(3),
        metadata_age_max: None,
        assignor: None,
        rack: Some("r".to_owned()),
        streams: None,
    }
}

impl Lab {
    /// A member that has subscribed; the broker's first responses are these.
    pub(super) fn new(responses: impl IntoIterator<Item = of::StreamsGroupHeartbeatResponse>) -> Self {
        Self::with(settings(), group(), responses)
    }

    pub(super) fn with(
        settings: MemberSettings,
        group: StreamsGroup,
        responses: impl IntoIterator<Item = of::StreamsGroupHeartbeatResponse>,
    ) -> Self {
        let brokers = TestCluster::start(1);
        brokers.edit(|script| {
            script.partitions.extend((0..2).map(|it| (("t".to_owned(), it), TestPartition::new(1))));
            script.calls.streams_heartbeats.extend(responses);
        });
        let signal = Signal::new();
        let client = ClientSettings { client_id: "tester".to_owned(), ..brokers.client_of(&[1]) };
        let cluster = Cluster::new(client, &signal);
        let now = MonotonicTime::after_start(Duration::from_secs(1_000));
        cluster.set_now(now);
        let mut member = StreamsMember::new(&cluster, settings, Arc::new(group));
        member.subscribe(&[]);
        let (reports, commits, owned) = (Vec::new(), Vec::new(), BTreeSet::new());
        let (pace, fatal, taken, is_prompt) = (Pace::new(), None, None, true);
        Self { brokers, member, now, reports, owned, commits, fatal, is_prompt, taken, cluster, signal, pace }
    }

    /// One that expects this of the group's settings, which the brokers have so.
    pub(super) fn expecting(setting: StreamsGroupSetting, found: &[(&str, &str)]) -> Self {
        let lab = Self::with(settings(), StreamsGroup { settings: vec![setting], ..group() }, []);
        let found = found.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        lab.brokers.edit(|script| script.calls.configs.insert("g".to_owned(), found.collect()));
        lab
    }

    pub(super) fn respond(&self, responses: impl IntoIterator<Item = of::StreamsGroupHeartbeatResponse>) {
        self.brokers.edit(|script| script.calls.streams_heartbeats.extend(responses));
    }

    pub(super) fn requests(&self) -> Vec<of::StreamsGroupHeartbeatRequest> {
        self.brokers.edit(|script| script.calls.requests_of())
    }

    pub(super) fn poll(&mut self) {
        self.cluster.set_now(self.now);
        let mut events = Vec::new();
        self.member.poll(self.now, &mut events);
        events.into_iter().for_each(|event| self.take(event));
        if self.is_prompt {
            self.carry_out();
        }
        if self.pace.is_settled(&self.brokers, std::iter::once(&self.cluster)) {
            self.now += Duration::from_millis(50);
        } else {
            self.signal.wait(Duration::from_millis(1));
        }
    }

    #[track_caller]
    pub(super) fn until(&mut self, what: &str, mut is_it: impl FnMut(&mut Self) -> bool) {
        let begin = Instant::now();
        while !is_it(self) {
            assert!(begin.elapsed() < PATIENCE, "never: {what}; {:?}, {:?}", self.reports, self.requests());
            self.poll();
        }
    }

    #[track_caller]
    pub(super) fn until_report(&mut self, begin: &str) {
        self.until(begin, |lab| lab.reports.iter().any(|report| report.starts_with(begin)));
    }

    /// Waits until so many heartbeats have come and the last is answered.
    #[track_caller]
    pub(super) fn until_requests(&mut self, count: usize) {
        self.until("heartbeats come", |lab| lab.requests().len() >= count);
        let now = self.now;
        self.until("they are answered", |lab| lab.now > now);
    }

    #[track_caller]
    pub(super) fn until_member(&mut self) {
        self.until("it is a member", |lab| matches!(lab.member.phase, Phase::Member));
    }

    /// The text of the error that ended it.
    #[track_caller]
    pub(super) fn until_fatal(&mut self) -> String {
        self.until("it ends", |lab| lab.fatal.is_some());
        self.fatal.as_ref().map(ToString::to_string).unwrap_or_default()
    }

    /// Whether its lease holds.
    pub(super) fn member_lease(&self) -> bool {
        self.member.lease().holds()
    }

    /// Carries out the change that was reported.
    pub(super) fn carry_out(&mut self) {
        if let Some(taken) = self.taken.take() {
            taken.iter().for_each(|partition| _ = self.owned.remove(&partition.to_string()));
            self.member.finish_rebalance();
        }
    }

    pub(super) fn commit(&mut self) {
        let committed = CommittedOffset { offset: Offset::new(5), metadata: String::new() };
        self.member.commit(&[(TopicPartition::new("t", 0), committed)]);
    }

    /// Leaves, and waits until the broker has been told.
    pub(super) fn end(&mut self, mode: ExitMode) {
        let mut leaving: Option<Task<()>> = self.member.end_membership(mode);
        self.until("it has left", |_| leaving.as_mut().is_none_or(|leaving| leaving.poll().is_some()));
    }

    fn take(&mut self, event: LogEvent) {
        let report = match event {
            LogEvent::Assigned(partitions) => {
                self.owned.extend(partitions.iter().map(ToString::to_string));
                self.taken = Some(Vec::new());
                format!("assigned {}", names(&partitions))
            }
            LogEvent::Revoked(partitions) => {
                let report = format!("revoked {}", names(&partitions));
                self.taken = Some(partitions);
                report
            }
            LogEvent::Lost(partitions) => {
                let report = format!("lost {}", names(&partitions));
                self.taken = Some(partitions);
                report
            }
            LogEvent::StreamsTasks(tasks) => {
                let text = |tasks: &BTreeSet<millstream_types::TaskId>| {
                    tasks.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
                };
                let endpoints = tasks.endpoints.map(|endpoints| format!(", {endpoints:?}")).unwrap_or_default();
                format!(
                    "told [{}] [{}] [{}]{endpoints}",
                    text(&tasks.active),
                    text(&tasks.standby),
                    text(&tasks.warm_up)
                )
            }
            LogEvent::CommitDone { result, .. } => return self.commits.push(result),
            LogEvent::Fatal(error) => {
                self.fatal = Some(error.clone());
                format!("fatal: {error}")
            }
            LogEvent::Unavailable(reason) => format!("unavailable: {reason}"),
            LogEvent::CoordinatorSilent(_) => "silent".to_owned(),
            LogEvent::CoordinatorResponds => "responds".to_owned(),
            other => panic!("{other:?}"),
        };
        self.reports.push(report);
    }
}

fn names(partitions: &[TopicPartition]) -> String {
    partitions.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// A response that accepts the member in this epoch, and says nothing else.
pub(super) fn accepted(epoch: i32) -> of::StreamsGroupHeartbeatResponse {
    of::StreamsGroupHeartbeatResponse {
        member_epoch: epoch,
        heartbeat_interval_ms: 5_000,
        ..of::StreamsGroupHeartbeatResponse::default()
    }
}

/// The tasks `0_0` and so on, as a response has them.
pub(super) fn ids(tasks: &[&str]) -> Vec<TaskIds> {
    let one = |task: &&str| {
        let (subtopology, partition) = task.split_once('_').unwrap();
        TaskIds { subtopology_id: subtopology.to_owned(), partitions: vec![partition.parse().unwrap()] }
    };
    tasks.iter().map(one).collect()
}

/// A response with the tasks of the member: active ones, standbys and warm-ups.
pub(super) fn with_tasks(epoch: i32, tasks: [&[&str]; 3]) -> of::StreamsGroupHeartbeatResponse {
    let [active, standby, warm_up] = tasks.map(|tasks| Some(ids(tasks)));
    of::StreamsGroupHeartbeatResponse {
        active_tasks: active,
        standby_tasks: standby,
        warmup_tasks: warm_up,
        ..accepted(epoch)
    }
}
