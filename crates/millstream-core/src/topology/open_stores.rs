//! Opening the stores of a sub-topology, without its operators.

use millstream_state::{AnyStore, Backing, StoreOptions};

use super::settings::ChainSettings;
use super::spec::Spec;
use super::subtopology::{StoreInfo, SubTopology};
use super::table::Table;
use super::topic_name::TopicName;
use crate::stores::Stores;

/// Opens the stores of these sub-topologies; `backing` chooses where each keeps its data.
pub(super) fn open_stores(
    spec: &Spec,
    subtopologies: &[SubTopology],
    settings: &ChainSettings,
    backing: &mut dyn FnMut(&StoreInfo) -> Backing,
) -> Stores {
    let mut stores: Vec<Option<Box<dyn AnyStore>>> = spec.stores.iter().map(|_| None).collect();
    for store in subtopologies.iter().flat_map(|subtopology| &subtopology.stores) {
        stores[store.index.index()] = Some(open(spec, store, settings, backing(store)));
    }
    Stores::new(stores)
}

fn open(spec: &Spec, store: &StoreInfo, settings: &ChainSettings, backing: Backing) -> Box<dyn AnyStore> {
    let definition = &spec.stores[store.index.index()].definition;
    let changelog = store.source.clone().unwrap_or_else(|| TopicName::internal(format!("{}-changelog", store.name)));
    let changelog = changelog.resolve(&settings.application_id);
    let keeps_rows = |table: &&Table| table.store == Some(store.index);
    let options = StoreOptions {
        caching: definition.is_caching(settings.cache_bytes_max),
        logging: definition.logging,
        timestamped: definition.timestamped,
        headers: definition.has_headers(),
        rows_max: definition.rows_max,
        keep_old: spec.tables.iter().find(keeps_rows).is_some_and(|table| table.old_values.are_sent()),
        hash_seed: settings.hash_seed,
        ..StoreOptions::new(&store.name, store.index, changelog)
    };
    (definition.open)(options, backing)
}
