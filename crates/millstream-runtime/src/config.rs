//! The settings of an application: plain data, validated before the application starts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use millstream_core::{ResetPolicy, Topology};
use millstream_log::Log;

use crate::state_directory::StaleTasks;
use millstream_observe::events::EventSettings;

/// Kafka limits topic names to 249 characters; the application id is the prefix of the names of internal topics.
const APPLICATION_ID_LEN_MAX: usize = 200;

/// Kafka Streams has the minimum of a minute.
const PROBING_INTERVAL_MIN: Duration = Duration::from_secs(1);

/// What a commit guarantees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProcessingGuarantee {
    /// Nothing is lost; after a failure, records since the last commit are processed again.
    #[default]
    AtLeastOnce,
}

/// By which protocol the threads of all instances share the tasks (Kafka Streams: `group.protocol`). All instances need the same one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum GroupProtocol {
    /// One of the threads assigns the tasks. All brokers have this protocol.
    #[default]
    Classic,
    /// The broker assigns the tasks (streams groups, KIP-1071): brokers from Kafka 4.2, and `KafkaLog`. The brokers keep the settings
    /// of the group, see [`StreamsConfig::group_protocol`], and its topology, which cannot be changed.
    Streams,
}

/// Whether stores and repartition topics may have generated names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum NamePolicy {
    /// They may.
    #[default]
    GeneratedAllowed,
    /// The application does not start if one has a generated name. It would change with the operators before it, and its state
    /// would be lost.
    ExplicitOnly,
}

/// The settings of an application. Everything has a default except the application id.
///
/// The components of an application (its log, its clock, its handlers) are set with [`Streams`](crate::Streams).
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_runtime::StreamsConfig;
///
/// let config = StreamsConfig { threads: 2, commit_interval: Duration::from_secs(1), ..StreamsConfig::new("word-count") };
/// config.validate()?;
/// assert!(StreamsConfig::new("no spaces, please").validate().is_err());
/// # Ok::<(), millstream_runtime::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct StreamsConfig {
    /// The name of the application: of its consumer group, and the prefix of its internal topics. Instances with the same id
    /// share the work.
    pub application_id: String,
    /// The name of this instance in logs, metrics and thread names. Default: the application id, the process id and a number.
    pub client_id: Option<String>,
    /// The number of stream threads at the start; 1 by default. Each is a separate member of the group.
    pub threads: usize,
    /// The time from the end of a commit to the next one; 100 ms by default (Kafka Streams: 30 s). Caches hold results back
    /// until then.
    pub commit_interval: Duration,
    /// The shortest time between two emissions of results that wait for the end of their window, such as those of a left join
    /// without a match; 1 s by default, as in Kafka Streams. With 0 each comes as soon as stream time has passed its window.
    pub emit_interval: Duration,
    /// The maximum size of the caches of all stores in bytes, shared by all threads; 10 MiB by default. It bounds results
    /// that are held back until the commit, and rows that stores on disk keep in memory, read or written. 0 switches
    /// caching off.
    pub cache_bytes_max: usize,
    /// The maximum size in bytes of the updates that the stores of one thread have not written to their engines; beyond it
    /// a commit begins early. 64 MiB by default. It bounds memory if the commit interval is long. Stores in memory do not
    /// count.
    pub uncommitted_bytes_max: usize,
    /// The number of buffered records of a partition above which a task fetches no more of it; 1000 by default.
    pub buffered_records_per_partition: usize,
    /// How long a task waits for records of a partition that has none buffered before it processes those of its other
    /// partitions, in order to process by time. `None`: it does not wait. Zero (default): it waits only for records that
    /// are known to be in the log. More: it waits this long for a producer that may be late.
    pub max_task_idle: Option<Duration>,
    /// How long a task waits for the log without progress before it fails: for a commit, for records to be acknowledged, for
    /// committed offsets, for its changelogs, for the topics that it writes. 5 minutes by default, as Kafka Streams'
    /// `task.timeout.ms` (KIP-572). `None`: it waits for as long as it takes. A task that has nothing to commit and waits for records
    /// does not fail. The failure is one of the thread, on which [`UncaughtErrors`](crate::UncaughtErrors) decide; nothing is lost
    /// by it.
    pub task_timeout: Option<Duration>,
    /// What a commit guarantees.
    pub guarantee: ProcessingGuarantee,
    /// Where to start reading a topic without a committed offset, unless its source has a policy; at the first record by
    /// default.
    pub reset_policy: ResetPolicy,
    /// The session time-out of the group's members; 45 s by default. The partitions of a thread without a heartbeat for this
    /// long are assigned to others.
    pub session_timeout: Duration,
    /// By which protocol the threads share the tasks; the classic one by default.
    ///
    /// With [`GroupProtocol::Streams`] the brokers keep `session_timeout` (`streams.session.timeout.ms`), `standby_replicas`
    /// (`streams.num.standby.replicas`), `rack_aware_assignment_tags`, and, where they know them, `max_warmup_replicas` and
    /// `acceptable_recovery_lag`. A thread does not start if theirs differ; its error has the command that sets them.
    /// `probing_rebalance_interval` is not used. Topics cannot be read by a pattern.
    pub group_protocol: GroupProtocol,
    /// An identity that survives restarts (static membership); the number of the thread is appended. A closed instance stays
    /// a member: if it is restarted within `session_timeout`, it keeps its tasks, and no task moves. By default each start
    /// joins the group as a new member, and closing leaves it.
    pub instance_id: Option<String>,
    /// How many standbys each task with stores has besides the active one; 0 by default (Kafka Streams: `num.standby.replicas`). Each is on
    /// another instance, which keeps a copy of the state up to date, so that the task goes on there at once when its instance is
    /// lost. Of this and the next three settings those of the leader of the group count, so give all instances the same.
    ///
    /// A log whose groups take no assignors, such as that on librdkafka, refuses it at the start, as it does `application_server` and
    /// `rack_aware_assignment_tags`; settings that say only how this is done have no effect there.
    pub standby_replicas: u32,
    /// How many tasks of the application may be warming up at a time: restoring their state on an instance that is to run them,
    /// while they run elsewhere; 2 by default (Kafka Streams: `max.warmup.replicas`). With 0 tasks move without.
    pub max_warmup_replicas: u32,
    /// How many records a copy of a task's state may lack to count as caught up, so that the task may move there; 10,000 by default
    /// (Kafka Streams: `acceptable.recovery.lag`).
    pub acceptable_recovery_lag: u64,
    /// After how long the group looks again whether tasks have warmed up; 10 minutes by default (Kafka Streams:
    /// `probing.rebalance.interval.ms`). It is looked for sooner when a warm-up has caught up.
    pub probing_rebalance_interval: Duration,
    /// Where other instances and clients reach this one with queries, as `host:port` (Kafka Streams: `application.server`). The group
    /// passes it on to all instances. `None` by default.
    pub application_server: Option<String>,
    /// The rack or zone of this instance (Kafka: `client.rack`). Standbys go to other racks than their active task where they can.
    pub rack: Option<String>,
    /// Tags of this instance, such as its cluster or zone (Kafka Streams: `client.tag.`). None by default.
    pub client_tags: BTreeMap<String, String>,
    /// The tags in whose values the copies of a task should differ (Kafka Streams: `rack.aware.assignment.tags`); each needs a value in
    /// [`client_tags`](Self::client_tags). None by default.
    pub rack_aware_assignment_tags: Vec<String>,
    /// The names of stores that are new in the topology. A store without a changelog begins empty although records were
    /// processed before. If changelogs of an earlier topology are left over, such a store may be a renamed one, and the
    /// application does not start unless the store is listed here. Empty by default.
    pub new_stores: BTreeSet<String>,
    /// Whether stores and repartition topics may have generated names; by default they may
    /// (Kafka Streams: `ensure.explicit.internal.resource.naming`).
    pub names: NamePolicy,
    /// Settings of all internal topics, by Kafka's names (Kafka Streams: with the prefix `topic.`). They override the
    /// defaults of Millstream; settings of a store or a repartition for its own topic override them.
    pub topic_settings: BTreeMap<String, String>,
    /// How often topics are looked for that match a pattern of the topology ([`Consumed::pattern`](millstream_core::Consumed::pattern)) and
    /// have appeared, or are gone; 5 minutes by default, as Kafka's `metadata.max.age.ms`. Without patterns it is not used.
    pub topic_interval: Duration,
    /// How often the consumed part of repartition topics is deleted; 30 s by default.
    pub repartition_purge_interval: Duration,
    /// How long after a task was last open on this host its state is deleted, counted while the application runs; 10
    /// minutes by default.
    pub state_cleanup_delay: Duration,
    /// The limit for closing, after which threads are abandoned; 30 s by default.
    pub close_limit: Duration,
    /// The interval of events that report progress: records read, records still to be read; 2 minutes by default.
    /// `None`: no such events.
    pub progress_interval: Option<Duration>,
    /// Which events are written as lines to standard output.
    pub events: EventSettings,
}

/// An invalid setting, and how to correct it.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("setting `{setting}` {problem}")]
pub struct ConfigError {
    /// The setting's name.
    pub setting: &'static str,
    /// What is wrong with it, and what it should be.
    pub problem: String,
}

millstream_types::debug_as_sentence!(ConfigError);

impl StreamsConfig {
    /// The settings of an application with this id, all else at its default.
    #[must_use]
    pub fn new(application_id: impl Into<String>) -> Self {
        let assignment = millstream_assign::Settings::default();
        Self {
            application_id: application_id.into(),
            client_id: None,
            threads: 1,
            commit_interval: Duration::from_millis(100),
            emit_interval: Duration::from_secs(1),
            cache_bytes_max: 10 * 1024 * 1024,
            uncommitted_bytes_max: 64 * 1024 * 1024,
            buffered_records_per_partition: 1000,
            max_task_idle: Some(Duration::ZERO),
            task_timeout: Some(Duration::from_secs(300)),
            guarantee: ProcessingGuarantee::AtLeastOnce,
            reset_policy: ResetPolicy::Earliest,
            session_timeout: Duration::from_secs(45),
            group_protocol: GroupProtocol::Classic,
            instance_id: None,
            standby_replicas: assignment.standby_replicas,
            max_warmup_replicas: assignment.max_warmup_replicas,
            acceptable_recovery_lag: assignment.acceptable_recovery_lag,
            probing_rebalance_interval: assignment.probing_rebalance_interval,
            application_server: None,
            rack: None,
            client_tags: BTreeMap::new(),
            rack_aware_assignment_tags: Vec::new(),
            new_stores: BTreeSet::new(),
            names: NamePolicy::GeneratedAllowed,
            topic_settings: BTreeMap::new(),
            topic_interval: Duration::from_secs(300),
            repartition_purge_interval: Duration::from_secs(30),
            state_cleanup_delay: StaleTasks::DELAY,
            close_limit: Duration::from_secs(30),
            progress_interval: Some(Duration::from_secs(120)),
            events: EventSettings::default(),
        }
    }

    /// Checks every setting.
    ///
    /// # Errors
    /// With the first invalid setting.
    pub fn validate(&self) -> Result<(), ConfigError> {
        check_name("application_id", &self.application_id)?;
        self.client_id.as_deref().map_or(Ok(()), |client| check_name("client_id", client))?;
        self.instance_id.as_deref().map_or(Ok(()), |instance| check_name("instance_id", instance))?;
        if self.threads == 0 {
            return refuse("threads", "is 0; at least one thread has to do the work");
        }
        if self.buffered_records_per_partition == 0 {
            let problem = "is 0; a task has to hold at least one record to process it";
            return refuse("buffered_records_per_partition", problem);
        }
        if self.task_timeout.is_some_and(|timeout| timeout.is_zero()) {
            let problem = "is 0; a task would fail at its first commit. Without it, as `None`, a task waits for as long as it takes";
            return refuse("task_timeout", problem);
        }
        if self.topic_interval.is_zero() {
            return refuse("topic_interval", "is 0; the brokers would be asked for their topics without a pause");
        }
        if self.probing_rebalance_interval < PROBING_INTERVAL_MIN {
            let problem = "is shorter than a second; the group would rebalance all the time while a task warms up";
            return refuse("probing_rebalance_interval", problem);
        }
        if let Some(server) = &self.application_server {
            check_server(server)?;
        }
        if let Some(tag) = self.rack_aware_assignment_tags.iter().find(|tag| !self.client_tags.contains_key(*tag)) {
            let problem = format!("names `{tag}`, and `client_tags` has no value of it for this instance; give it one");
            return refuse("rack_aware_assignment_tags", problem);
        }
        if self.session_timeout <= self.commit_interval {
            let problem = "is not longer than `commit_interval`; a thread would be taken for lost between two commits";
            return refuse("session_timeout", problem);
        }
        Ok(())
    }

    /// Checks what needs an assignor of our own, with a log whose groups have none.
    pub(crate) fn check_without_assignor(&self) -> Result<(), ConfigError> {
        let set = [
            (self.standby_replicas > 0, "standby_replicas"),
            (self.application_server.is_some(), "application_server"),
            (!self.rack_aware_assignment_tags.is_empty(), "rack_aware_assignment_tags"),
        ];
        let problem = "is set, and needs an assignor of Millstream, which groups of this log do not take; use `KafkaLog`, or \
                       leave it out";
        set.into_iter().find(|(is_set, _)| *is_set).map_or(Ok(()), |(_, setting)| refuse(setting, problem))
    }

    /// Checks what streams groups cannot do; `log` is which groups the log has.
    pub(crate) fn check_streams_group(&self, topology: &Topology, log: LogGroups) -> Result<(), ConfigError> {
        if self.group_protocol != GroupProtocol::Streams {
            return Ok(());
        }
        if log == LogGroups::ClassicOnly {
            let problem = "is `Streams`, and this log has no groups in which a broker assigns tasks; use `KafkaLog` with brokers from \
                           Kafka 4.2, or leave it out";
            return refuse("group_protocol", problem);
        }
        let pattern = topology.subtopologies().iter().flat_map(|part| &part.patterns).next();
        match pattern {
            None => Ok(()),
            Some(pattern) => {
                let problem = format!(
                    "is `Streams`, and the topology reads topics by the pattern `{pattern}`, which brokers do not support in streams \
                     groups; name the topics, or use the classic protocol"
                );
                refuse("group_protocol", problem)
            }
        }
    }

    /// The configured client id, or a unique one.
    pub(crate) fn resolve_client_id(&self) -> String {
        static STARTED: AtomicU64 = AtomicU64::new(0);
        self.client_id.clone().unwrap_or_else(|| {
            let number = STARTED.fetch_add(1, Ordering::Relaxed) + 1;
            format!("{}-{}-{number}", self.application_id, std::process::id())
        })
    }
}

/// Which groups a log has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogGroups {
    ClassicOnly,
    WithStreamsGroups,
}

impl LogGroups {
    pub(crate) fn of(log: &dyn Log) -> Self {
        if log.takes_streams_groups() { Self::WithStreamsGroups } else { Self::ClassicOnly }
    }
}

fn refuse(setting: &'static str, problem: impl Into<String>) -> Result<(), ConfigError> {
    Err(ConfigError { setting, problem: problem.into() })
}

/// Kafka Streams takes a host and a port, too.
fn check_server(server: &str) -> Result<(), ConfigError> {
    let parts = server.rsplit_once(':').filter(|(host, _)| !host.is_empty());
    match parts.and_then(|(_, port)| port.parse::<u16>().ok()) {
        Some(1..) => Ok(()),
        Some(0) | None => {
            let problem =
                format!("is `{server}`; write it as `host:port`, with the port of the server that responds to queries");
            refuse("application_server", problem)
        }
    }
}

fn check_name(setting: &'static str, name: &str) -> Result<(), ConfigError> {
    let is_legal = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    if name.is_empty() {
        return refuse(setting, "is empty; give the application a name");
    }
    if name.len() > APPLICATION_ID_LEN_MAX {
        let problem = format!("is {} characters long; {APPLICATION_ID_LEN_MAX} is the most", name.len());
        return refuse(setting, problem);
    }
    if !name.chars().all(is_legal) {
        let problem = format!("is `{name}`; topic names allow ASCII letters, digits, `.`, `_` and `-` only");
        return refuse(setting, problem);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn check(change: impl FnOnce(&mut StreamsConfig), expected: &str) {
        let mut config = StreamsConfig::new("app");
        change(&mut config);
        assert_eq!(config.validate().unwrap_err().to_string(), expected);
    }

    fn streams_error(pattern: bool, log: LogGroups) -> Result<(), ConfigError> {
        let builder = millstream_core::StreamsBuilder::new();
        let consumed = if pattern {
            millstream_core::Consumed::<String, String>::pattern("in-.*").named("read")
        } else {
            millstream_core::Consumed::from("in")
        };
        builder.stream(consumed).to("out");
        let config = StreamsConfig { group_protocol: GroupProtocol::Streams, ..StreamsConfig::new("app") };
        config.check_streams_group(&builder.build().unwrap(), log)
    }

    #[test]
    fn what_streams_groups_cannot_do_is_named_with_the_remedy() {
        assert_eq!(streams_error(false, LogGroups::WithStreamsGroups), Ok(()));
        let error = streams_error(false, LogGroups::ClassicOnly).unwrap_err().to_string();
        assert!(
            error.starts_with("setting `group_protocol` is `Streams`") && error.contains("use `KafkaLog`"),
            "{error}"
        );
        let error = streams_error(true, LogGroups::WithStreamsGroups).unwrap_err().to_string();
        assert!(error.contains("the pattern `in-.*`") && error.contains("name the topics"), "{error}");
    }

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(StreamsConfig::new("app").validate(), Ok(()));
    }

    #[test]
    fn each_wrong_setting_is_named_with_the_remedy() {
        check(|config| config.application_id.clear(), "setting `application_id` is empty; give the application a name");
        check(
            |config| config.application_id = "a/b".into(),
            "setting `application_id` is `a/b`; topic names allow ASCII letters, digits, `.`, `_` and `-` only",
        );
        check(
            |config| config.client_id = Some("x".repeat(201)),
            "setting `client_id` is 201 characters long; 200 is the most",
        );
        check(|config| config.threads = 0, "setting `threads` is 0; at least one thread has to do the work");
        check(
            |config| config.buffered_records_per_partition = 0,
            "setting `buffered_records_per_partition` is 0; a task has to hold at least one record to process it",
        );
        check(
            |config| config.topic_interval = Duration::ZERO,
            "setting `topic_interval` is 0; the brokers would be asked for their topics without a pause",
        );
        check(
            |config| config.probing_rebalance_interval = Duration::ZERO,
            "setting `probing_rebalance_interval` is shorter than a second; the group would rebalance all the time while a \
             task warms up",
        );
        for server in ["here", ":80", "here:", "here:0", "here:65536", "here:http"] {
            check(
                |config| config.application_server = Some(server.into()),
                &format!(
                    "setting `application_server` is `{server}`; write it as `host:port`, with the port of the server that \
                     responds to queries"
                ),
            );
        }
        check(
            |config| config.rack_aware_assignment_tags = vec!["zone".into()],
            "setting `rack_aware_assignment_tags` names `zone`, and `client_tags` has no value of it for this instance; \
             give it one",
        );
        check(
            |config| config.session_timeout = Duration::from_millis(50),
            "setting `session_timeout` is not longer than `commit_interval`; a thread would be taken for lost between \
             two commits",
        );
    }

    #[test]
    fn two_instances_have_two_client_ids() {
        let config = StreamsConfig::new("app");
        assert_ne!(config.resolve_client_id(), config.resolve_client_id());
        assert_eq!(StreamsConfig { client_id: Some("mine".into()), ..config }.resolve_client_id(), "mine");
    }
}
