//! The shared state of the clients of an in-process log.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use millstream_types::Topic;

use super::fault_table::FaultTable;
use super::group::Group;
use super::lock::lock;
use super::settings::Settings;
use super::topics::{TopicLog, Topics};
use crate::{LogError, NewTopic};

/// The shared state.
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

    /// The group with this name, which is created if it does not exist.
    pub(super) fn group(&self, group_id: &str) -> Arc<Mutex<Group>> {
        let mut groups = lock(&self.groups);
        let group = groups.entry(group_id.to_owned());
        Arc::clone(group.or_insert_with(|| Arc::new(Mutex::new(Group::new(Arc::clone(&self.topics))))))
    }

    /// The group with this name, if it exists.
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

    /// Adds a topic, and informs the groups.
    ///
    /// # Errors
    /// When it exists, or its name or a setting is invalid.
    pub(super) fn create_topic(&self, topic: NewTopic) -> Result<(), LogError> {
        let created = self.topics.create(topic)?;
        for group in self.groups() {
            lock(&group).topic_created(&created.name);
        }
        Ok(())
    }

    /// Adds partitions to a topic that has fewer, and informs the groups.
    ///
    /// # Errors
    /// When it does not exist.
    pub(super) fn grow_topic(&self, topic: &Topic, partitions: u32) -> Result<(), LogError> {
        self.topics.grow(topic, partitions)?;
        self.groups().iter().for_each(|group| lock(group).topic_created(topic));
        Ok(())
    }

    /// Deletes a topic, with the offsets that groups have committed of it.
    ///
    /// # Errors
    /// When it does not exist.
    pub(super) fn delete_topic(&self, topic: &Topic) -> Result<(), LogError> {
        self.topics.delete(topic)?;
        self.groups().iter().for_each(|group| lock(group).topic_deleted(topic));
        Ok(())
    }

    /// The topic. It is created if it does not exist and the settings allow that.
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
