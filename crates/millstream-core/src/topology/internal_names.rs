//! Checks the names of internal topics, which are known when the application's id is.

use super::error::TopologyError;
use super::internal_topic::InternalTopic;
use super::ready::Topology;
use super::topic_name::TopicName;

impl Topology {
    /// Checks that all internal topics can have their names in an application with this id, which these names begin with.
    ///
    /// # Errors
    /// When a name is too long. Every other fault is found when the topology is built.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::StreamsBuilder;
    ///
    /// let builder = StreamsBuilder::new();
    /// builder.stream::<String, String>("clicks").group_by_key().count("c".repeat(240));
    /// let topology = builder.build()?;
    /// let error = topology.check_internal_topics("per-user").unwrap_err().to_string();
    /// assert!(error.starts_with("the changelog of store `ccc"));
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    pub fn check_internal_topics(&self, application_id: &str) -> Result<(), TopologyError> {
        let faults = self.subtopologies().iter().flat_map(|part| {
            let logged = |(store, topic)| fault(topic, application_id, || format!("the changelog of store `{store}`"));
            let changelogs = part.stores.iter().filter_map(|store| Some((&store.name, store.changelog.as_ref()?)));
            let named = |topic| fault(topic, application_id, || format!("internal topic `{}`", topic.name.name));
            let others = part.repartition_topics.iter().chain(&part.assignment_topic);
            changelogs.filter_map(logged).chain(others.filter_map(named)).collect::<Vec<_>>()
        });
        faults.into_iter().next().map_or(Ok(()), Err)
    }
}

/// The error of a topic that cannot have its name.
fn fault(topic: &InternalTopic, application_id: &str, what: impl Fn() -> String) -> Option<TopologyError> {
    let name = topic.name.resolve(application_id).to_string();
    let reason = TopicName::fault(&name)?.to_owned();
    Some(TopologyError::InternalTopicName { what: what(), length: name.len(), name, reason })
}
