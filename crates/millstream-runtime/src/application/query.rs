//! Questions to stores from outside: run by the threads that own the stores, between two steps.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use millstream_state::{AnyStore, StoreError};

use super::answer::{Answering, Unanswered};
use millstream_observe::events::State;
use millstream_observe::panic_message;

/// Why a question to a store has no answer.
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
    #[error("no partition of store `{store}` is in this instance now; ask another one, or again after the rebalance")]
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
    /// The question's own code panicked.
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
    /// Too many questions wait already.
    #[error("too many queries wait for an answer; ask again later")]
    TooMany,
    /// The question itself failed: the store has other types, or cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Whoever was asked did not answer.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
}

/// A question without its types, on its way through the threads. Each of them asks all its tasks; when the last one has
/// dropped it, the answers are put together.
pub(crate) trait AskStores: Send + Sync {
    /// The name of the store it is about.
    fn store(&self) -> &str;

    /// Asks a store that is ready.
    fn ask(&self, store: &mut dyn AnyStore);

    /// Notes that a store is here and not ready.
    fn note_restoring(&self);

    /// Notes that a thread could not be asked.
    fn note_too_many(&self);
}

type Ask<R> = Box<dyn Fn(&mut dyn AnyStore) -> Result<R, StoreError> + Send + Sync>;
type Combine<R, T> = Box<dyn FnOnce(Vec<R>) -> T + Send>;

pub(crate) struct Question<R, T> {
    store: String,
    ask: Ask<R>,
    gathered: Mutex<Gathered<R>>,
    ending: Mutex<Option<(Combine<R, T>, Answering<T, QueryError>)>>,
}

struct Gathered<R> {
    answers: Vec<R>,
    failure: Option<QueryError>,
}

impl<R: Send + 'static, T: Send + 'static> Question<R, T> {
    /// A question to each partition of `store`; `combine` makes one answer of all.
    pub(crate) fn shared(
        store: &str,
        ask: impl Fn(&mut dyn AnyStore) -> Result<R, StoreError> + Send + Sync + 'static,
        combine: impl FnOnce(Vec<R>) -> T + Send + 'static,
        answering: Answering<T, QueryError>,
    ) -> Arc<dyn AskStores> {
        Arc::new(Self {
            store: store.to_owned(),
            ask: Box::new(ask),
            gathered: Mutex::new(Gathered { answers: Vec::new(), failure: None }),
            ending: Mutex::new(Some((Box::new(combine), answering))),
        })
    }

    fn note(&self, failure: QueryError) {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner).failure.get_or_insert(failure);
    }
}

impl<R: Send + 'static, T: Send + 'static> AskStores for Question<R, T> {
    fn store(&self) -> &str {
        &self.store
    }

    fn ask(&self, store: &mut dyn AnyStore) {
        match catch_unwind(AssertUnwindSafe(|| (self.ask)(store))) {
            Ok(Ok(answer)) => self.gathered.lock().unwrap_or_else(PoisonError::into_inner).answers.push(answer),
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

impl<R, T> Drop for Question<R, T> {
    fn drop(&mut self) {
        let gathered = self.gathered.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Some((combine, answering)) = self.ending.get_mut().unwrap_or_else(PoisonError::into_inner).take() else {
            return;
        };
        let answers = std::mem::take(&mut gathered.answers);
        answering.give(match gathered.failure.take() {
            Some(failure) => Err(failure),
            None if answers.is_empty() => Err(QueryError::NotHere { store: std::mem::take(&mut self.store) }),
            None => Ok(combine(answers)),
        });
    }
}
