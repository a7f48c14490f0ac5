//! What all clients of one in-process log share.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use millstream_types::Topic;

use super::fault_table::FaultTable;
use super::group::Group;
use super::lock::lock;
use super::settings::Settings;
use super::topics::{TopicLog, Topics};
use crate::{LogError, NewTopic};

/// The log itself.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) topics: Arc<Topics>,
    pub(super) faults: FaultTable,
    groups: Mutex<BTreeMap<String, Arc<Mutex<Group>>>>,
}

impl Shared {
    pub(super) fn new(settings: Settings) -> Self {
        let topics = Arc::new(Topics::new(settings));
        Self { settings, topics, faults: FaultTable::default(), groups: Mutex::default() }
    }

    /// The group of this name; it comes into being when first asked for.
    pub(super) fn group(&self, group_id: &str) -> Arc<Mutex<Group>> {
        let mut groups = lock(&self.groups);
        let group = groups.entry(group_id.to_owned());
        Arc::clone(group.or_insert_with(|| Arc::new(Mutex::new(Group::new(Arc::clone(&self.topics))))))
    }

    /// The group of this name, if anybody has asked for it.
    pub(super) fn known_group(&self, group_id: &str) -> Option<Arc<Mutex<Group>>> {
        lock(&self.groups).get(group_id).cloned()
    }

    /// The names of the groups that are in use.
    pub(super) fn group_names(&self) -> Vec<String> {
        let groups = lock(&self.groups);
        groups.iter().filter(|(_, group)| lock(group).is_in_use()).map(|(name, _)| name.clone()).collect()
    }

    pub(super) fn groups(&self) -> Vec<Arc<Mutex<Group>>> {
        lock(&self.groups).values().cloned().collect()
    }

    /// Adds a topic and notifies the groups that wait for it.
    ///
    /// # Errors
    /// When it exists, or its name or a setting is not legal.
    pub(super) fn create_topic(&self, topic: NewTopic) -> Result<(), LogError> {
        let created = self.topics.create(topic)?;
        for group in self.groups() {
            lock(&group).topic_created(&created.name);
        }
        Ok(())
    }

    /// The topic, created if the settings say so.
    pub(super) fn topic_for_writing(&self, name: &Topic) -> Option<Arc<TopicLog>> {
        if let Some(topic) = self.topics.get(name.as_str()) {
            return Some(topic);
        }
        let partitions = self.settings.auto_create_partitions?;
        let topic = NewTopic { name: name.clone(), partitions, config: BTreeMap::new() };
        match self.create_topic(topic) {
            Ok(()) | Err(LogError::TopicExists { .. }) => self.topics.get(name.as_str()),
            Err(_) => None,
        }
    }
}
