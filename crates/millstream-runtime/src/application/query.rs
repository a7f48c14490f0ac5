//! Queries of stores: run by the threads that own the stores, between two steps.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use millstream_observe::events::State;
use millstream_observe::panic_message;
use millstream_state::{AnyStore, StoreError};

use super::control::{Control, Request};
use super::response::{NoResponse, Responder, Response, response};
use crate::channel::SendError;
use crate::messages::StoreQuery;

/// Why a query has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The topology has no such store.
    #[error("the topology has no store `{store}`; its stores are {known}")]
    UnknownStore {
        /// The name asked for.
        store: String,
        /// The names there are.
        known: String,
    },
    /// No task that keeps the store is in this instance now.
    #[error(
        "no partition of store `{store}` is in this instance now; ask another instance, or again after the rebalance"
    )]
    NotHere {
        /// The store.
        store: String,
    },
    /// A part of the store is still being restored.
    #[error("store `{store}` is being restored here; ask again when the application is running")]
    Restoring {
        /// The store.
        store: String,
    },
    /// The query's own code panicked.
    #[error("the query panicked: {message}")]
    Panicked {
        /// What it said.
        message: String,
    },
    /// The application is not running.
    #[error("the application is {state}; ask while it is running")]
    NotRunning {
        /// Its state.
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

/// Has all threads run a query on their partitions of `store`; the response is what `combine` makes of the results.
pub(super) fn submit<S, R, T>(
    control: &Control,
    store: &str,
    run: impl Fn(&mut S) -> Result<R, StoreError> + Send + Sync + 'static,
    combine: impl FnOnce(Vec<R>) -> T + Send + 'static,
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
    let run = move |store: &mut dyn AnyStore| run(store.downcast_mut::<S>()?);
    let query = PendingQuery::shared(store, run, combine, responder);
    if control.requests.try_send(Request::Query(Arc::clone(&query))) == Err(SendError::Full) {
        query.note_too_many();
    }
    response
}

fn check(control: &Control, store: &str) -> Result<(), QueryError> {
    let stores = control.shared.topology.subtopologies().iter().flat_map(|part| &part.stores);
    let names: Vec<&str> = stores.map(|info| &*info.name).collect();
    if !names.contains(&store) {
        let known = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        return Err(QueryError::UnknownStore { store: store.to_owned(), known });
    }
    match control.lifecycle.state() {
        State::Running | State::Rebalancing => Ok(()),
        state => Err(QueryError::NotRunning { state }),
    }
}

type Run<R> = Box<dyn Fn(&mut dyn AnyStore) -> Result<R, StoreError> + Send + Sync>;
type Combine<R, T> = Box<dyn FnOnce(Vec<R>) -> T + Send>;

pub(super) struct PendingQuery<R, T> {
    store: String,
    run: Run<R>,
    gathered: Mutex<Gathered<R>>,
    ending: Mutex<Option<(Combine<R, T>, Responder<T, QueryError>)>>,
}

struct Gathered<R> {
    results: Vec<R>,
    failure: Option<QueryError>,
}

impl<R: Send + 'static, T: Send + 'static> PendingQuery<R, T> {
    /// A question to each partition of `store`; `combine` makes one answer of all.
    pub(crate) fn shared(
        store: &str,
        run: impl Fn(&mut dyn AnyStore) -> Result<R, StoreError> + Send + Sync + 'static,
        combine: impl FnOnce(Vec<R>) -> T + Send + 'static,
        responder: Responder<T, QueryError>,
    ) -> Arc<dyn StoreQuery> {
        Arc::new(Self {
            store: store.to_owned(),
            run: Box::new(run),
            gathered: Mutex::new(Gathered { results: Vec::new(), failure: None }),
            ending: Mutex::new(Some((Box::new(combine), responder))),
        })
    }

    fn note(&self, failure: QueryError) {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner).failure.get_or_insert(failure);
    }
}

impl<R: Send + 'static, T: Send + 'static> StoreQuery for PendingQuery<R, T> {
    fn store(&self) -> &str {
        &self.store
    }

    fn run(&self, store: &mut dyn AnyStore) {
        match catch_unwind(AssertUnwindSafe(|| (self.run)(store))) {
            Ok(Ok(result)) => self.gathered.lock().unwrap_or_else(PoisonError::into_inner).results.push(result),
            Ok(Err(error)) => self.note(error.into()),
            Err(panic) => self.note(QueryError::Panicked { message: panic_message(&*panic) }),
        }
    }

    fn note_restoring(&self) {
        self.note(QueryError::Restoring { store: self.store.clone() });
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
        let results = std::mem::take(&mut gathered.results);
        responder.respond(match gathered.failure.take() {
            Some(failure) => Err(failure),
            None if results.is_empty() => Err(QueryError::NotHere { store: std::mem::take(&mut self.store) }),
            None => Ok(combine(results)),
        });
    }
}
