//! Queries of stores: run by the threads that own the stores, between two steps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use millstream_observe::catch_panic;
use millstream_observe::events::State;
use millstream_state::{AnyStore, StoreError};
use millstream_types::{Offset, Partition, SerdeError, TopicPartition};

use super::control::{Control, Request};
use super::partial::PartialResult;
use super::position::{Behind, Position, QueryScope, StaleAnswers};
use super::response::{NoResponse, Responder, Response, response};
use crate::channel::SendError;
use crate::messages::StoreQuery;
use crate::store_partitions::{KeyPartitions, StorePartitions};

/// Why a query has no result.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The topology has no such store.
    #[error("the topology has no store `{store}`; its stores are {known}")]
    UnknownStore {
        /// The requested name.
        store: String,
        /// The stores that the topology has.
        known: String,
    },
    /// The partition of the key is not in this instance now; without a partition, this instance has none of the store's.
    /// Whether there is a row for the key is not known.
    #[error("{}; query another instance, or query again after the rebalance", not_here(store, *partition))]
    NotHere {
        /// The store.
        store: String,
        /// The partition of the key.
        partition: Option<Partition>,
    },
    /// The partition of the key is in this instance as a standby only; without a partition, this instance has none of the store's but
    /// standbys. Whoever has the active task answers; a query that [allows stale answers](QueryScope::allow_stale) is answered here.
    #[error("{}; query the instance that has the active task, or allow stale answers", only_standby(store, *partition))]
    OnlyStandby {
        /// The store.
        store: String,
        /// The partition of the key.
        partition: Option<Partition>,
    },
    /// The partition of the key is not known: a topic of the store is written with a custom partitioner, and not all partitions
    /// are in this instance. Whether the key has a row is not known.
    #[error(
        "the partition of the key in store `{store}` is not known: `{topic}` is not partitioned by the bytes of its keys; \
         set its partitioner with `partitioned_by`"
    )]
    UnknownPartition {
        /// The store.
        store: String,
        /// The topic.
        topic: String,
    },
    /// The key cannot be written as bytes.
    #[error("the key for store `{store}` cannot be written: {error}")]
    Key {
        /// The store.
        store: String,
        /// Why.
        error: SerdeError,
    },
    /// A global store is whole in every instance, so no instance owns a key.
    #[error("store `{store}` is global, and whole in every instance; query it here")]
    Global {
        /// The store.
        store: String,
    },
    /// A partition of the store that the query needs is still being restored. A query that
    /// [allows stale answers](QueryScope::allow_stale) is answered all the same.
    #[error(
        "store `{store}` is being restored here; ask again when the application is running, or allow stale answers"
    )]
    Restoring {
        /// The store.
        store: String,
    },
    /// A partition that the query needs has not processed as much as its [`QueryScope`] asks for.
    #[error("partition {} of store `{store}` {}; ask again later", input.partition, not_up_to(input, *reached, *asked))]
    NotUpToBound {
        /// The store.
        store: String,
        /// The input that is behind. If the store does not depend on it, it is behind for ever.
        input: TopicPartition,
        /// The offset of the last processed record, if there is one.
        reached: Option<Offset>,
        /// The offset that the query asks for.
        asked: Offset,
    },
    /// The query's own code panicked.
    #[error("the query panicked: {message}")]
    Panicked {
        /// The message of the panic.
        message: String,
    },
    /// The application is not running.
    #[error("the application is {state}; ask while it is running")]
    NotRunning {
        /// The state of the application.
        state: State,
    },
    /// Too many queries wait already.
    #[error("too many queries wait already; try again later")]
    TooMany,
    /// The query itself failed: the store has other types, or cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There was no response in time, or the application has ended.
    #[error(transparent)]
    NoResponse(#[from] NoResponse),
}

millstream_types::debug_as_sentence!(QueryError);

fn not_here(store: &str, partition: Option<Partition>) -> String {
    match partition {
        Some(partition) => format!("partition {partition} of store `{store}` is not in this instance now"),
        None => format!("no partition of store `{store}` is in this instance now"),
    }
}

fn only_standby(store: &str, partition: Option<Partition>) -> String {
    match partition {
        Some(partition) => format!("partition {partition} of store `{store}` is in this instance as a standby only"),
        None => format!("store `{store}` is in this instance as a standby only"),
    }
}

fn not_up_to(input: &TopicPartition, reached: Option<Offset>, asked: Offset) -> String {
    match reached {
        Some(reached) => format!("has processed {input} up to offset {reached}, and the query asks for {asked}"),
        None => format!("has processed no record of {input}, and the query asks for offset {asked}"),
    }
}

/// Runs a query on the partitions of `store` that the threads have and that are in its scope; `combine` makes the response of the results.
pub(super) fn submit<S, R, T>(
    control: &Control,
    store: &str,
    scope: &QueryScope,
    run: impl Fn(&mut S) -> Result<R, StoreError> + Send + Sync + 'static,
    combine: impl FnOnce(Gathered<R>) -> Result<T, QueryError> + Send + 'static,
) -> Response<T, QueryError>
where
    S: AnyStore,
    R: Send + 'static,
    T: Send + 'static,
{
    if let Err(error) = check(control, store) {
        return Response::ready(Err(error));
    }
    let (responder, response) = response(control.shared.number);
    let query = Arc::new(PendingQuery {
        store: store.to_owned(),
        run: Some(Box::new(move |store| run(store.downcast_mut::<S>()?))),
        gathered: Mutex::new(Gathered::new(store, scope.clone())),
        ending: Mutex::new(Some((Box::new(combine), responder))),
    });
    if control.shared.topology.globals().iter().flat_map(|global| &global.stores).any(|info| &*info.name == store) {
        run_on_global(control, &*query);
        return response;
    }
    let shared: Arc<dyn StoreQuery> = Arc::clone(&query) as Arc<dyn StoreQuery>;
    if control.requests.try_send(Request::Query(shared)) == Err(SendError::Full) {
        query.note_too_many();
    }
    response
}

/// Runs a query of a global store on the thread that asks.
fn run_on_global(control: &Control, query: &dyn StoreQuery) {
    query.note_partitions(StorePartitions::undivided());
    let Some(globals) = control.shared.globals.get() else { return query.note_restoring(Partition::new(0)) };
    let mut stores = globals.lock();
    if let Some(store) = stores.iter_mut().find(|store| store.name() == query.store()) {
        query.run(Partition::new(0), Vec::new(), store);
    }
}

/// Checks that the topology has the store.
pub(super) fn check_store(control: &Control, store: &str) -> Result<(), QueryError> {
    let topology = &control.shared.topology;
    let stores = topology.subtopologies().iter().chain(topology.globals()).flat_map(|part| &part.stores);
    let names: Vec<&str> = stores.map(|info| &*info.name).collect();
    if !names.contains(&store) {
        let known = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        return Err(QueryError::UnknownStore { store: store.to_owned(), known });
    }
    Ok(())
}

fn check(control: &Control, store: &str) -> Result<(), QueryError> {
    check_store(control, store)?;
    match control.lifecycle.state() {
        State::Running | State::Rebalancing => Ok(()),
        state => Err(QueryError::NotRunning { state }),
    }
}

/// What the threads have found so far.
pub(super) struct Gathered<R> {
    store: String,
    /// `None` until the number of partitions is known.
    partitions: Option<StorePartitions>,
    /// The results of the partitions of this instance. A partition that moves between threads meanwhile counts once.
    results: BTreeMap<Partition, R>,
    /// The partitions whose results are from standbys and stores that are being restored, with their lags.
    stale: BTreeMap<Partition, u64>,
    /// The partitions that are in this instance as standbys, and were not queried.
    standbys: BTreeSet<Partition>,
    /// What these partitions have processed.
    position: Position,
    /// The partitions of this instance that could not be read.
    unready: BTreeMap<Partition, Unready>,
    scope: QueryScope,
    failure: Option<QueryError>,
}

/// Why a partition of this instance could not be read.
enum Unready {
    Restoring,
    Behind(Behind),
}

impl<R> Gathered<R> {
    fn new(store: &str, scope: QueryScope) -> Self {
        Self {
            store: store.to_owned(),
            partitions: None,
            results: BTreeMap::new(),
            stale: BTreeMap::new(),
            standbys: BTreeSet::new(),
            position: Position::new(),
            unready: BTreeMap::new(),
            scope,
            failure: None,
        }
    }

    /// The first partition without a result among those that the scope names.
    fn missing_from_scope(&self) -> Option<Partition> {
        let named = self.scope.partitions.iter().flatten().copied();
        named.into_iter().find(|partition| !self.results.contains_key(partition))
    }

    /// The results of all partitions of this instance and the scope, each of which must be readable.
    pub(super) fn into_partial(self) -> Result<PartialResult<Vec<R>>, QueryError> {
        let unready = self.unready.keys().find(|partition| !self.results.contains_key(partition)).copied();
        if let Some(unready) = unready.or_else(|| self.missing_from_scope()) {
            return Err(self.not_ready(Some(unready)));
        }
        if self.results.is_empty() {
            return Err(self.not_ready(None));
        }
        let partition_count = self.partitions.map_or(0, |partitions| partitions.count);
        let (partitions, value) = self.results.into_iter().unzip();
        Ok(PartialResult { value, partitions, partition_count, position: self.position, stale: self.stale })
    }

    /// The results of the partitions of this instance, if they include all that a key may be in, or all that the scope names.
    ///
    /// `is_found` returns whether a result has the key; if the key's only partition has it, no other result is needed.
    /// `partitions_of` returns the partitions that the key may be in, by a result.
    pub(super) fn into_results_for_key(
        self,
        is_found: impl Fn(&R) -> bool,
        partitions_of: impl Fn(&R, &StorePartitions) -> KeyPartitions,
    ) -> Result<Vec<R>, QueryError> {
        let (Some(partitions), Some(any)) = (&self.partitions, self.results.values().next()) else {
            return Err(self.not_ready(self.unready.keys().next().copied().or_else(|| self.missing_from_scope())));
        };
        if self.scope.partitions.is_some() {
            return match self.missing_from_scope() {
                Some(missing) => Err(self.not_ready(Some(missing))),
                None => Ok(self.results.into_values().collect()),
            };
        }
        let is_found = || self.results.values().any(is_found);
        let is_missing = |partition: &Partition| !self.results.contains_key(partition);
        match partitions_of(any, partitions) {
            KeyPartitions::These(homes) => {
                let is_known = homes.len() == 1 && is_found();
                if let Some(missing) = homes.into_iter().find(is_missing).filter(|_| !is_known) {
                    return Err(self.not_ready(Some(missing)));
                }
            }
            KeyPartitions::Unknown { topic } => {
                let missing = (0..partitions.count).map(Partition::new).find(is_missing);
                if missing.is_some() && !is_found() {
                    return Err(QueryError::UnknownPartition { store: self.store, topic });
                }
            }
        }
        Ok(self.results.into_values().collect())
    }

    fn add(&mut self, partition: Partition, position: Position, result: R) {
        // One of the task itself takes the place of one of a standby.
        if self.stale.remove(&partition).is_some() || !self.results.contains_key(&partition) {
            self.results.insert(partition, result);
            self.position.merge(position);
        }
    }

    /// Adds the result of a standby, or of a store that is being restored, unless there is a better one.
    fn add_stale(&mut self, partition: Partition, lag: u64, result: R) {
        let is_better = match self.stale.get(&partition) {
            Some(known) => lag < *known,
            None => !self.results.contains_key(&partition),
        };
        if is_better {
            self.stale.insert(partition, lag);
            self.results.insert(partition, result);
        }
    }

    /// The error for a partition without a result.
    fn not_ready(&self, partition: Option<Partition>) -> QueryError {
        let store = self.store.clone();
        match partition.and_then(|partition| self.unready.get(&partition)) {
            Some(Unready::Restoring) => QueryError::Restoring { store },
            Some(Unready::Behind(Behind { input, reached, asked })) => {
                QueryError::NotUpToBound { store, input: input.clone(), reached: *reached, asked: *asked }
            }
            None if partition.map_or(!self.standbys.is_empty(), |partition| self.standbys.contains(&partition)) => {
                QueryError::OnlyStandby { store, partition }
            }
            None => QueryError::NotHere { store, partition },
        }
    }
}

type Run<R> = Box<dyn Fn(&mut dyn AnyStore) -> Result<R, StoreError> + Send + Sync>;
type Combine<R, T> = Box<dyn FnOnce(Gathered<R>) -> Result<T, QueryError> + Send>;

/// A query that the threads still run. The last one to drop it responds.
struct PendingQuery<R, T> {
    store: String,
    /// Taken when the query is dropped.
    run: Option<Run<R>>,
    gathered: Mutex<Gathered<R>>,
    ending: Mutex<Option<(Combine<R, T>, Responder<T, QueryError>)>>,
}

impl<R, T> PendingQuery<R, T> {
    fn gathered(&self) -> MutexGuard<'_, Gathered<R>> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, failure: QueryError) {
        self.gathered().failure.get_or_insert(failure);
    }

    /// The result of a partition that has come so far, if it is in the scope. Notes why there is none.
    fn result_of(&self, partition: Partition, position: &Position, store: &mut dyn AnyStore) -> Option<R> {
        let run = self.run.as_ref().filter(|_| self.is_readable(partition, position))?;
        match catch_panic(|| run(store)) {
            Ok(Ok(result)) => return Some(result),
            Ok(Err(error)) => self.note(error.into()),
            Err(message) => self.note(QueryError::Panicked { message }),
        }
        None
    }

    /// Whether a partition that has come so far is in the scope. Notes it if it is behind.
    fn is_readable(&self, partition: Partition, position: &Position) -> bool {
        let mut gathered = self.gathered();
        let behind = gathered.scope.at_least.ahead_of(position, partition);
        let is_included = gathered.scope.includes(partition);
        match behind.filter(|_| is_included) {
            Some(behind) => {
                gathered.unready.insert(partition, Unready::Behind(behind));
                false
            }
            None => is_included,
        }
    }
}

impl<R: Send + 'static, T: Send + 'static> StoreQuery for PendingQuery<R, T> {
    fn store(&self) -> &str {
        &self.store
    }

    fn note_partitions(&self, partitions: StorePartitions) {
        self.gathered().partitions = Some(partitions);
    }

    fn run(&self, partition: Partition, processed: Vec<(TopicPartition, Offset)>, store: &mut dyn AnyStore) {
        let add = |position: Position, (input, offset)| position.with(input, offset);
        let position = processed.into_iter().fold(Position::new(), add);
        if let Some(result) = self.result_of(partition, &position, store) {
            self.gathered().add(partition, position, result);
        }
    }

    fn allows_stale(&self) -> bool {
        self.gathered().scope.stale_answers == StaleAnswers::Allowed
    }

    fn run_stale(&self, partition: Partition, lag: u64, store: &mut dyn AnyStore) {
        // What its task has processed is not known, so it is never far enough for a query that asks for a position.
        if let Some(result) = self.result_of(partition, &Position::new(), store) {
            self.gathered().add_stale(partition, lag, result);
        }
    }

    fn note_standby(&self, partition: Partition) {
        self.gathered().standbys.insert(partition);
    }

    fn note_restoring(&self, partition: Partition) {
        let mut gathered = self.gathered();
        if gathered.scope.includes(partition) {
            gathered.unready.insert(partition, Unready::Restoring);
        }
    }

    fn note_too_many(&self) {
        self.note(QueryError::TooMany);
    }
}

impl<R, T> Drop for PendingQuery<R, T> {
    fn drop(&mut self) {
        let gathered = self.gathered.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Some((combine, responder)) = self.ending.get_mut().unwrap_or_else(PoisonError::into_inner).take() else {
            return;
        };
        let mut gathered = std::mem::replace(gathered, Gathered::new("", QueryScope::new()));
        let run = self.run.take();
        // These may call user code, a partitioner or the `drop` of what the closures have captured, and the thread that drops
        // the query is the application's.
        let dropped = catch_panic(|| drop(run));
        let combined = catch_panic(|| match gathered.failure.take() {
            Some(failure) => {
                drop((combine, gathered));
                Err(failure)
            }
            None => combine(gathered),
        });
        let result = dropped.and(combined).unwrap_or_else(|message| Err(QueryError::Panicked { message }));
        // Nobody may wait for the response any more: then it is dropped here.
        _ = catch_panic(|| responder.respond(result));
    }
}
