//! Which stores and internal topics have a generated name.

use std::fmt;

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
}

impl GeneratedNames {
    /// The names in `spec` that contain one of its generated names.
    pub(super) fn of(spec: &Spec) -> Self {
        let generated = |name: &&str| spec.generated_names.iter().any(|generated| name.contains(generated.as_str()));
        let stores = spec.stores.iter().filter(|store| !store.users.is_empty());
        let stores = stores.map(|store| &*store.definition.name).filter(generated);
        let topics = spec.repartitions.iter().map(|repartition| &*repartition.topic.name).filter(generated);
        Self { stores: stores.map(str::to_owned).collect(), repartition_topics: topics.map(str::to_owned).collect() }
    }

    /// Whether all names are given.
    ///
    /// # Examples
    /// See [`GeneratedNames`].
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stores.is_empty() && self.repartition_topics.is_empty()
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
        ] {
            if !names.is_empty() {
                write!(f, "{separator}{what} `{}` ({remedy})", names.join("`, `"))?;
                separator = "; ";
            }
        }
        Ok(())
    }
}
