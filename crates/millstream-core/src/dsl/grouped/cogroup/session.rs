//! `aggregate` of several streams over sessions.

use std::sync::Arc;

use millstream_state::StoreIndex;
use millstream_types::{Data, Nullable, Serde, Windowed, session_windowed_serde};

use super::super::node::Initial;
use super::super::session_node::{Merge, SessionRows, forward_dirty_sessions};
use super::CogroupedKStream;
use super::input::{Input, Place};
use super::merge::Flush;
use super::plan::Shape;
use crate::chain::BoxError;
use crate::dsl::KTable;
use crate::dsl::table::{StorePlan, TableView};
use crate::graph::{GraphRef, GraphTable};
use crate::options::{EmitStrategy, KeySerde, Materialized};
use crate::topology::BuildNode;
use crate::windows::SessionWindows;

/// Streams that are aggregated together by key and session, with [`CogroupedKStream::windowed_by`].
///
/// Records of all streams are of the same sessions. Each stream has its own stream time, by which its records are late. They are
/// added even if their value is null.
pub struct SessionWindowedCogroupedKStream<K, A: Nullable> {
    cogrouped: CogroupedKStream<K, A>,
    windows: SessionWindows,
}

impl<K: Data, A: Nullable> SessionWindowedCogroupedKStream<K, A> {
    pub(in super::super) fn new(cogrouped: CogroupedKStream<K, A>, windows: SessionWindows) -> Self {
        Self { cogrouped, windows }
    }

    /// Aggregates the values of all streams by key and session. `merge` takes the key, the aggregate so far and that of a session
    /// that is merged. The sessions are merged first, in the order of their ends, beginning with the initial aggregate; then the
    /// value is added by the function of its stream, which also gets null values.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::SessionWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let visits = SessionWindows::of_inactivity_gap_with_no_grace(Duration::from_secs(1_800));
    /// let clicks = builder.stream::<String, String>("clicks").group_by_key();
    /// let orders = builder.stream::<String, i64>("orders").group_by_key();
    /// let values = clicks.cogroup(|_, _page, value: i64| value).cogroup(&orders, |_, amount, value| value + amount);
    /// values.windowed_by(visits).aggregate("order-value", || 0, |_, value, other| value + other).to_stream().to("visits");
    /// ```
    pub fn aggregate(
        &self,
        materialized: impl Into<Materialized<K, A::Present>>,
        initial: impl Fn() -> A + Send + Sync + 'static,
        merge: impl Fn(&K, A, A) -> A + Send + Sync + 'static,
    ) -> KTable<Windowed<K>, A::Present> {
        self.try_aggregate(materialized, initial, move |key, so_far, other| {
            Ok::<A, BoxError>(merge(key, so_far, other))
        })
    }

    /// [`aggregate`](Self::aggregate) with a `merge` that may fail.
    ///
    /// The processing handler gets an error with the record, the operator of its stream and the error's sources, and decides whether the
    /// task stops or skips the record. The sessions stay as they were.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::SessionWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let runs = SessionWindows::of_inactivity_gap_with_no_grace(Duration::from_secs(60));
    /// let amounts = builder.stream::<String, i64>("amounts").group_by_key();
    /// let sums = amounts.cogroup(|_, amount, sum: i64| sum + amount).windowed_by(runs);
    /// sums.try_aggregate("sums", || 0, |_, sum, other| sum.checked_add(other).ok_or("the sum is too large"));
    /// ```
    pub fn try_aggregate<E: Into<BoxError>>(
        &self,
        materialized: impl Into<Materialized<K, A::Present>>,
        initial: impl Fn() -> A + Send + Sync + 'static,
        merge: impl Fn(&K, A, A) -> Result<A, E> + Send + Sync + 'static,
    ) -> KTable<Windowed<K>, A::Present> {
        let merge: Merge<K, A::Present> = Arc::new(move |key, so_far, other| {
            let both = A::from_option(so_far).zip(A::from_option(Some(other)));
            let Some((so_far, other)) = both else { return Ok(None) };
            merge(key, so_far, other).map(Nullable::into_present).map_err(Into::into)
        });
        let sessions = Sessions { windows: self.windows, merge };
        self.cogrouped.add(&sessions, materialized.into(), Arc::new(move || initial().into_present()))
    }
}

/// Rows by key and session.
struct Sessions<K, A> {
    windows: SessionWindows,
    merge: Merge<K, A>,
}

impl<K: Data, A: Data> Shape<K, A> for Sessions<K, A> {
    type Key = Windowed<K>;

    fn serde(&self, keys: Serde<K>) -> KeySerde<Windowed<K>> {
        KeySerde::given(session_windowed_serde(keys))
    }

    fn add_store(&self, plan: StorePlan<K, A>, graph: &GraphRef) -> Option<StoreIndex> {
        plan.add_session(graph, self.windows.inactivity_gap(), self.windows.grace(), EmitStrategy::OnWindowUpdate)
    }

    fn table(&self, _store: StoreIndex) -> GraphTable {
        let grace = self.windows.grace().saturating_add(self.windows.inactivity_gap());
        GraphTable { grace: Some(grace), ..GraphTable::default() }
    }

    fn view(&self, index: StoreIndex) -> Arc<dyn TableView<Windowed<K>, A>> {
        Arc::new(SessionRows { index })
    }

    fn build(&self, input: &dyn Input<K, A>, place: Place, initial: Initial<A>) -> BuildNode {
        input.over_sessions(place, self.windows, initial, Arc::clone(&self.merge))
    }

    fn flush(&self) -> Flush<Windowed<K>, A> {
        Arc::new(|context, node, store, rows_max, children| {
            forward_dirty_sessions(context, node, store, rows_max, children);
        })
    }
}
