//! The settings of the assignment, by the names of Kafka Streams.

use std::time::Duration;

/// The settings of the assignment. Those of the leader count for the group.
///
/// # Examples
/// ```
/// use millstream_assign::Settings;
/// let settings = Settings { standby_replicas: 1, rack_aware_assignment_tags: vec!["zone".into()], ..Settings::default() };
/// assert_eq!((settings.max_warmup_replicas, settings.acceptable_recovery_lag), (2, 10_000));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How many standbys each stateful task has besides the active one (`num.standby.replicas`): 0.
    pub standby_replicas: u32,
    /// How many warm-ups the whole group has at a time (`max.warmup.replicas`, KIP-441): 2. With 0, a task moves without
    /// a warm-up.
    pub max_warmup_replicas: u32,
    /// With how many records missing a copy counts as caught up (`acceptable.recovery.lag`, KIP-441): 10,000.
    pub acceptable_recovery_lag: u64,
    /// The client tags in whose values the copies of a task should differ (`rack.aware.assignment.tags`, KIP-708): none. Racks are always
    /// regarded, where processes have one.
    pub rack_aware_assignment_tags: Vec<String>,
    /// After how long the group looks again whether warm-ups have caught up (`probing.rebalance.interval.ms`, KIP-441): 10 minutes.
    pub probing_rebalance_interval: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            standby_replicas: 0,
            max_warmup_replicas: 2,
            acceptable_recovery_lag: 10_000,
            rack_aware_assignment_tags: Vec::new(),
            probing_rebalance_interval: Duration::from_secs(600),
        }
    }
}
