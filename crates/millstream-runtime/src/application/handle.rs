//! The handle of a running application: its states, its threads, its stores, its end.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::Stream as _;
use millstream_state::{AnyStore, StoreError};

use super::control::{Control, Request};
use super::lifecycle::{Ending, StateChanges, has_ended};
use super::partial::PartialResult;
use super::position::QueryScope;
use super::query::{self, Gathered, QueryError};
use super::response::{Response, response};
use super::session_stores::SessionQueries;
use super::stores::{KeyValueQueries, WindowQueries};
use super::threads::ThreadCountError;
use super::versioned::VersionedQueries;
use millstream_observe::Observer;
use millstream_observe::events::{Failure, Health, State};
use millstream_observe::metrics::MetricsSnapshot;

/// How much longer than its limit closing may take: abandoning threads and delivering alerts needs time.
const CLOSE_GRACE: Duration = Duration::from_secs(2);

/// A started application. It works on threads of its own; the handle observes and controls it, from synchronous and
/// asynchronous code alike and without a particular executor.
///
/// Dropping the handle closes the application as [`close_blocking`](Self::close_blocking) does, within the
/// configured [`close_limit`](crate::StreamsConfig::close_limit). Asynchronous code should await
/// [`close`](Self::close) before it drops the handle.
#[must_use = "dropping the handle closes the application"]
pub struct StreamsHandle {
    pub(super) control: Arc<Control>,
}

/// Why an application did not close cleanly, or why that is not known.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseError {
    /// Something was not finished in time, or failed: what was processed since the last commit is processed again at
    /// the next start.
    #[error("the application did not close cleanly within its limit; some records will be processed again")]
    Forced,
    /// The application is still closing: a listener, a handler or a processor has not returned.
    #[error("the application has not closed within its limit and is still closing: user code has not returned")]
    StillClosing,
    /// The application is closing, and this thread cannot wait for it: it is one of the application's own, on which
    /// listeners, handlers and processors run.
    #[error("the application is closing; one of its own threads cannot wait for that, so wait on another thread")]
    OwnThread,
    /// The application has failed before.
    #[error("the application has failed: {}", .0.as_ref().map_or_else(|| "unknown".to_owned(), Failure::to_string))]
    Failed(Option<Failure>),
}

millstream_types::debug_as_sentence!(CloseError);

impl StreamsHandle {
    pub(super) fn new(control: Arc<Control>) -> Self {
        Self { control }
    }

    /// The present state of the application.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) {
    /// println!("the application is {}", streams.state());
    /// # }
    /// ```
    #[must_use]
    pub fn state(&self) -> State {
        self.control.lifecycle.state()
    }

    /// The states of the application as a stream: the present one, then every later one. The stream ends with the application.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) {
    /// use futures::StreamExt;
    ///
    /// let mut changes = streams.state_changes();
    /// # futures::executor::block_on(async {
    /// while let Some(state) = changes.next().await {
    ///     println!("the application is {state}");
    /// }
    /// # });
    /// # }
    /// ```
    pub fn state_changes(&self) -> StateChanges {
        self.control.lifecycle.changes()
    }

    /// Blocks until the application is in this state, has ended, or `limit` has passed. Returns the state at that time. On a
    /// thread of the application itself it does not wait.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) {
    /// use std::time::Duration;
    /// use millstream_observe::events::State;
    ///
    /// let state = streams.wait_until(State::Running, Duration::from_secs(30));
    /// assert_eq!(state, State::Running, "{:?}", streams.failure());
    /// # }
    /// ```
    #[must_use = "the state may be another one than was waited for"]
    pub fn wait_until(&self, state: State, limit: Duration) -> State {
        let is_own_thread = self.control.shared.number.owns_current_thread();
        let limit = if is_own_thread { Duration::ZERO } else { limit };
        self.control.lifecycle.wait(limit, |present| present == state)
    }

    /// The failure that stopped the application, if one did.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) {
    /// if let Some(failure) = streams.failure() {
    ///     println!("{failure}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        self.control.lifecycle.failure()
    }

    /// The name under which this instance appears in logs; its threads are `<client id>-StreamThread-<n>`.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) {
    /// println!("started as {}", streams.client_id());
    /// # }
    /// ```
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.control.shared.client_id
    }

    /// The metrics of the application: records, bytes, lag, drops, commits, restores and stores, per task. At most a second old.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) {
    /// let metrics = streams.metrics();
    /// println!("{} records read, {} to be read", metrics.records_in(), metrics.lag());
    /// # }
    /// ```
    #[must_use]
    pub fn metrics(&self) -> MetricsSnapshot {
        self.control.shared.observer.metrics()
    }

    /// The health of the application: its state, the states of its threads, and whether it reaches the log.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) {
    /// use std::time::Duration;
    ///
    /// if let Err(reason) = streams.health().readiness(Duration::from_secs(60)) {
    ///     println!("not ready: {reason}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn health(&self) -> Health {
        self.control.shared.observer.health()
    }

    /// Gives the same as [`health`](Self::health) and [`metrics`](Self::metrics), for a server or another thread that
    /// may outlive this handle. It does not keep the application running.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) {
    /// let observer = streams.observer();
    /// std::thread::spawn(move || println!("{}", observer.metrics().to_prometheus()));
    /// # }
    /// ```
    #[must_use]
    pub fn observer(&self) -> Observer {
        self.control.shared.observer.clone()
    }

    /// Starts one more thread, which joins the group and takes over its share of the tasks. The cache is divided again. The
    /// response is the thread's name.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// let name = streams.add_thread().wait(Duration::from_secs(10))?;
    /// println!("{name} has started");
    /// # Ok(()) }
    /// ```
    pub fn add_thread(&self) -> Response<String, ThreadCountError> {
        let (responder, response) = response(self.control.shared.number);
        // A refused request is dropped, and its responder then responds that the application has ended.
        _ = self.control.requests.send(Request::AddThread(responder));
        response
    }

    /// Closes one thread cleanly; the others take over its partitions. The response is the thread's name, and comes when the
    /// thread has ended.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// let name = streams.remove_thread().wait(Duration::from_secs(60))?;
    /// println!("{name} has ended");
    /// # Ok(()) }
    /// ```
    pub fn remove_thread(&self) -> Response<String, ThreadCountError> {
        let (responder, response) = response(self.control.shared.number);
        _ = self.control.requests.send(Request::RemoveThread(responder));
        response
    }

    /// Queries of a key-value store with keys `K` and values `V`.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// let counts = streams.key_value_store::<String, i64>("counts");
    /// let hello = counts.get("hello".to_owned()).wait(Duration::from_secs(1))?;
    /// println!("{}", hello.map_or(0, |count| count.value));
    /// # Ok(()) }
    /// ```
    pub fn key_value_store<K, V>(&self, store: &str) -> KeyValueQueries<'_, K, V> {
        KeyValueQueries::new(&self.control, store)
    }

    /// Queries of a window store with keys `K` and values `V`.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    /// use millstream_types::Timestamp;
    ///
    /// let visits = streams.window_store::<String, i64>("visits-per-minute");
    /// let minute = visits.get("home".to_owned(), Timestamp::from_millis(120_000)).wait(Duration::from_secs(1))?;
    /// println!("{}", minute.map_or(0, |count| count.value));
    /// # Ok(()) }
    /// ```
    pub fn window_store<K, V>(&self, store: &str) -> WindowQueries<'_, K, V> {
        WindowQueries::new(&self.control, store)
    }

    /// Queries of a versioned store with keys `K` and values `V`.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// let prices = streams.versioned_store::<String, i64>("prices");
    /// for version in prices.history("tea".to_owned(), 0, i64::MAX).wait(Duration::from_secs(1))? {
    ///     println!("{}: {}", version.timestamp, version.value);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn versioned_store<K, V>(&self, store: &str) -> VersionedQueries<'_, K, V> {
        VersionedQueries::new(&self.control, store)
    }

    /// Queries of a session store with keys `K` and values `V`.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// let visits = streams.session_store::<String, i64>("clicks-per-visit");
    /// let of_anna = visits.fetch("anna".to_owned()).wait(Duration::from_secs(1))?;
    /// println!("{} visits", of_anna.len());
    /// # Ok(()) }
    /// ```
    pub fn session_store<K, V>(&self, store: &str) -> SessionQueries<'_, K, V> {
        SessionQueries::new(&self.control, store)
    }

    /// Runs a query on every partition of a store that this instance has, on the threads that own them, between two steps.
    /// The query sees updates that are not committed yet. It must not change the store, because nothing would be logged. The
    /// results are in the order of the [partitions](PartialResult::partitions).
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) -> Result<(), millstream_runtime::QueryError> {
    /// use std::time::Duration;
    /// use millstream_state::{AnyStore, KeyValueStore};
    ///
    /// let sizes = streams.query("counts", |store: &mut KeyValueStore<String, i64>| Ok(store.len()));
    /// let sizes = sizes.wait(Duration::from_secs(1))?;
    /// println!("{} keys in partitions {:?}", sizes.value.iter().sum::<usize>(), sizes.partitions);
    /// # Ok(()) }
    /// ```
    pub fn query<S, R>(
        &self,
        store: &str,
        run: impl Fn(&mut S) -> Result<R, StoreError> + Send + Sync + 'static,
    ) -> Response<PartialResult<Vec<R>>, QueryError>
    where
        S: AnyStore,
        R: Send + 'static,
    {
        query::submit(&self.control, store, &QueryScope::new(), run, Gathered::into_partial)
    }

    /// Closes the application: it takes no more records, finishes those it has begun, commits, leaves its group so that
    /// others take over at once, and ends. Closing begins with the call; the future resolves when it is done.
    ///
    /// Threads that do not end within the configured [`close_limit`](crate::StreamsConfig::close_limit) are abandoned. If the
    /// application is closing already, the earliest of the limits counts.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) {
    /// # futures::executor::block_on(async {
    /// if let Err(error) = streams.close().await {
    ///     println!("{error}");
    /// }
    /// # });
    /// # }
    /// ```
    #[must_use = "closing continues without the future, which returns how it ended"]
    pub fn close(&self) -> Closing {
        self.begin_close(self.control.shared.config.close_limit);
        Closing { changes: self.state_changes(), control: Arc::clone(&self.control) }
    }

    /// Closes the application as [`close`](Self::close) does, within `limit`, and blocks until it is done.
    /// [`Duration::MAX`] waits as long as it takes.
    ///
    /// If the application is closing already, the earliest of the limits counts. On a thread of the application itself, for
    /// example in a listener, closing begins and the call returns at once.
    ///
    /// # Errors
    /// When the application did not close cleanly or had failed before; when it is not closed within `limit` plus two
    /// seconds; on a thread of the application.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) {
    /// use std::time::Duration;
    ///
    /// if let Err(error) = streams.close_blocking(Duration::from_secs(10)) {
    ///     eprintln!("{error}");
    /// }
    /// # }
    /// ```
    pub fn close_blocking(&self, limit: Duration) -> Result<(), CloseError> {
        self.begin_close(limit);
        self.wait_for_end(limit.saturating_add(CLOSE_GRACE))
    }

    /// Blocks until the application has ended: closed by another thread or by a signal, or stopped by a failure.
    ///
    /// # Errors
    /// When the application did not close cleanly, or a failure stopped it. On a thread of the application itself, which
    /// cannot wait for its own end, the error is returned at once.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// streams.wait_until_ended()?;
    /// # Ok(()) }
    /// ```
    pub fn wait_until_ended(&self) -> Result<(), CloseError> {
        self.wait_for_end(Duration::MAX)
    }

    fn wait_for_end(&self, limit: Duration) -> Result<(), CloseError> {
        let lifecycle = &self.control.lifecycle;
        if !has_ended(lifecycle.state()) {
            if self.control.shared.number.owns_current_thread() {
                return Err(CloseError::OwnThread);
            }
            if !has_ended(lifecycle.wait(limit, |_| false)) {
                return Err(CloseError::StillClosing);
            }
        }
        result_of(&self.control)
    }

    fn begin_close(&self, limit: Duration) {
        // The request is refused when the application has ended already.
        _ = self.control.requests.send(Request::Close(limit));
    }
}

impl Drop for StreamsHandle {
    fn drop(&mut self) {
        if !has_ended(self.state()) {
            // The events report the result.
            _ = self.close_blocking(self.control.shared.config.close_limit);
        }
    }
}

impl fmt::Debug for StreamsHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamsHandle")
            .field("client_id", &self.control.shared.client_id)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

/// An application that is closing: resolves when it has ended.
pub struct Closing {
    control: Arc<Control>,
    changes: StateChanges,
}

impl Future for Closing {
    type Output = Result<(), CloseError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match Pin::new(&mut self.changes).poll_next(context) {
                Poll::Ready(Some(_)) => {}
                Poll::Ready(None) => return Poll::Ready(result_of(&self.control)),
                Poll::Pending if self.control.shared.number.owns_current_thread() => {
                    return Poll::Ready(Err(CloseError::OwnThread));
                }
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl fmt::Debug for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Closing")
    }
}

fn result_of(control: &Control) -> Result<(), CloseError> {
    match control.lifecycle.ending() {
        None | Some(Ending::Clean) => Ok(()),
        Some(Ending::Forced) => Err(CloseError::Forced),
        Some(Ending::Failed(failure)) => Err(CloseError::Failed(failure)),
    }
}
