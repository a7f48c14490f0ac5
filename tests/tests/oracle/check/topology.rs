//! The topology as it is built: its description, sub-topologies, internal topics and co-partitioned groups.

use std::collections::{BTreeMap, BTreeSet};

use millstream::{InternalTopic, SubTopology, Topology};
use serde_json::{Value, json};

use super::{listed, same, same_lines};
use crate::scenario::Scenario;

/// Compares `topology` with the scenario's `describe` and `subtopologies`.
pub(crate) fn check(scenario: &Scenario, topology: &Topology) {
    let description = topology.describe().to_string();
    same_lines(scenario, "describe()", &lines(&listed::describe(scenario)), &lines(&description));
    let application = &scenario.config.application_id;
    // Kafka Streams does not list what reads only by a pattern before it knows a topic that matches.
    let tasks = topology.subtopologies().iter().filter(|part| !part.is_global && !part.sources.is_empty());
    let got: BTreeMap<String, Value> = tasks.map(|part| (part.id.to_string(), summary(part, application))).collect();
    same(scenario, "number of sub-topologies", &scenario.subtopologies.by_id.len(), &got.len());
    for (id, expected) in &scenario.subtopologies.by_id {
        let expected = with_sources_apart(listed::subtopology(scenario, expected));
        same(scenario, format_args!("sub-topology {id}"), &expected, &got[id]);
    }
    let stores = topology.subtopologies().iter().flat_map(|part| &part.stores);
    let persistent: BTreeMap<&str, bool> = stores.map(|store| (&*store.name, !store.in_memory)).collect();
    let globals = topology.globals().iter().flat_map(|part| &part.stores);
    let persistent = persistent.into_iter().chain(globals.map(|store| (&*store.name, listed::is_global_persistent())));
    let persistent: BTreeMap<&str, bool> = persistent.collect();
    for (name, store) in &scenario.stores {
        let got = persistent.get(name.as_str()).copied();
        same(scenario, format_args!("whether store `{name}` is persistent"), &Some(store.persistent), &got);
    }
    let groups = topology.subtopologies().iter().flat_map(|part| &part.copartitioned);
    let groups = groups.map(|group| sorted(group.iter().map(|topic| topic.resolve(application).to_string())));
    // A group of one topic, as that of a stream joined with itself, asks for nothing.
    let expected = listed::copartitioned(scenario).into_iter().filter(|group| group.len() > 1);
    let expected = expected.map(|group| sorted(group.into_iter()));
    same(scenario, "co-partitioned topics", &expected.collect::<BTreeSet<_>>(), &groups.collect());
}

fn lines(text: &str) -> Vec<String> {
    text.split('\n').map(str::to_owned).collect()
}

fn summary(part: &SubTopology, application: &str) -> Value {
    let changelogs = part.stores.iter().filter_map(|store| store.changelog.as_ref());
    let source_changelogs = part.stores.iter().filter_map(|store| store.source.as_ref());
    json!({
        "source_changelogs": sorted(source_changelogs.map(|topic| topic.resolve(application).to_string())),
        "sources": sorted(part.sources.iter().map(|source| source.topic.resolve(application).to_string())),
        "sinks": sorted(part.sinks.iter().map(|topic| topic.resolve(application).to_string())),
        "repartition": topics(part.repartition_topics.iter(), application, |_| "RepartitionTopicConfig"),
        "changelog": topics(changelogs, application, changelog_kind),
    })
}

/// The names of the source topics that serve as changelogs, apart from the changelogs. Kafka Streams lists settings for them, which it
/// does not use, since it does not create them.
fn with_sources_apart(mut expected: Value) -> Value {
    let sources = expected["sources"].clone();
    let is_source = |name: &String| sources.as_array().unwrap().iter().any(|source| source == name);
    let changelogs = expected["changelog"].as_object_mut().unwrap();
    let apart: Vec<String> = changelogs.keys().filter(|name| is_source(name)).cloned().collect();
    apart.iter().for_each(|name| drop(changelogs.remove(name)));
    expected["source_changelogs"] = json!(sorted(apart.into_iter()));
    expected
}

/// Internal topics by name, in the format of the data files.
fn topics<'a>(
    topics: impl Iterator<Item = &'a InternalTopic>,
    application: &str,
    kind: fn(&InternalTopic) -> &'static str,
) -> BTreeMap<String, Value> {
    let summary =
        |topic: &InternalTopic| json!({ "kind": kind(topic), "partitions": topic.partitions, "config": topic.config });
    topics.map(|topic| (topic.name.resolve(application).to_string(), summary(topic))).collect()
}

/// The class with which Kafka Streams would set up this changelog.
fn changelog_kind(topic: &InternalTopic) -> &'static str {
    match topic.config["cleanup.policy"].as_str() {
        "compact" if topic.config.contains_key("min.compaction.lag.ms") => "VersionedChangelogTopicConfig",
        "compact" => "UnwindowedUnversionedChangelogTopicConfig",
        _ => "WindowedChangelogTopicConfig",
    }
}

fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}
