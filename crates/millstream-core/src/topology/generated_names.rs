//! Which stores and internal topics have a generated name.

use std::fmt;

use super::internal_topic::InternalTopic;
use super::spec::Spec;

/// The stores and repartition topics of a topology with a generated name, such as `KSTREAM-AGGREGATE-STATE-STORE-0000000002`.
///
/// A generated name has a number that counts the operators before it. If an operator is added or removed, the numbers change, and
/// with them the names of changelogs and repartition topics: the application would begin with other, empty state.
///
/// # Examples
/// ```
/// use millstream_core::{Materialized, StreamsBuilder};
///
/// let builder = StreamsBuilder::new();
/// let by_user = builder.stream::<String, String>("clicks").group_by_key();
/// by_user.count("per-user");
/// by_user.count(Materialized::new());
/// let generated = builder.build()?.generated_names();
/// assert_eq!(generated.stores, ["KSTREAM-AGGREGATE-STATE-STORE-0000000002"]);
/// assert!(generated.repartition_topics.is_empty());
/// # Ok::<(), millstream_core::TopologyError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GeneratedNames {
    /// The stores, whose changelogs have their names.
    pub stores: Vec<String>,
    /// The repartition topics, without the application id.
    pub repartition_topics: Vec<String>,
    /// The topics by which tasks that read topics by a pattern are divided, without the application id. They have the names of sources.
    pub assignment_topics: Vec<String>,
}

impl GeneratedNames {
    /// The names in `spec` that contain one of its generated names.
    pub(super) fn of(spec: &Spec) -> Self {
        let generated = |name: &&str| spec.generated_names.iter().any(|generated| name.contains(generated.as_str()));
        let stores = spec.stores.iter().filter(|store| !store.users.is_empty());
        let stores = stores.map(|store| &*store.definition.name).filter(generated);
        let topics = spec.repartitions.iter().map(|repartition| &*repartition.topic.name).filter(generated);
        let assignment = spec.patterns().map(|(_, node, _)| InternalTopic::assignment(&node.name).name.name);
        Self {
            stores: stores.map(str::to_owned).collect(),
            repartition_topics: topics.map(str::to_owned).collect(),
            assignment_topics: assignment.filter(|name| generated(&&**name)).map(|name| name.to_string()).collect(),
        }
    }

    /// Whether all names are given.
    ///
    /// # Examples
    /// See [`GeneratedNames`].
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stores.is_empty() && self.repartition_topics.is_empty() && self.assignment_topics.is_empty()
    }
}

/// Writes what has no given name, and how to name it.
impl fmt::Display for GeneratedNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (what, names, remedy) in [
            ("stores", &self.stores, "name them where they are declared, as in `count(\"per-user\")`"),
            (
                "repartition topics",
                &self.repartition_topics,
                "name the group, the join or the repartition with `named`",
            ),
            (
                "assignment topics",
                &self.assignment_topics,
                "name the source, as in `Consumed::pattern(\"clicks-.*\").named(\"clicks\")`",
            ),
        ] {
            if !names.is_empty() {
                write!(f, "{separator}{what} `{}` ({remedy})", names.join("`, `"))?;
                separator = "; ";
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::{JoinWindows, StreamsBuilder};

    /// The name of the third store has the number of the first one, and was missing.
    #[test]
    fn all_stores_of_an_outer_join_are_listed() {
        let builder = StreamsBuilder::new();
        let (left, right) = (builder.stream::<String, String>("l"), builder.stream::<String, String>("r"));
        let within = right.within(JoinWindows::of_time_difference_with_no_grace(Duration::from_secs(1)));
        left.outer_join_stream(within, |_, left, right| format!("{left:?}{right:?}")).to("out");
        let expected = ["OUTERTHIS-0000000004", "OUTEROTHER-0000000005", "OUTERSHARED-0000000004"];
        let stores = builder.build().map(|topology| topology.generated_names().stores);
        assert_eq!(stores, Ok(expected.map(|name| format!("KSTREAM-{name}-store")).to_vec()));
    }

    #[test]
    fn the_assignment_topic_of_a_pattern_has_the_name_of_its_source() {
        let generated = |name: Option<&str>| {
            let builder = StreamsBuilder::new();
            let matching = crate::Consumed::<String, String>::pattern("in-.*");
            let matching = match name {
                Some(name) => matching.named(name),
                None => matching,
            };
            builder.stream(matching).to("out");
            builder.build().unwrap().generated_names()
        };
        assert_eq!(generated(None).assignment_topics, ["KSTREAM-SOURCE-0000000000-assignment"]);
        assert!(generated(None).to_string().contains("name the source"), "{}", generated(None));
        assert!(generated(Some("read")).is_empty());
    }
}
