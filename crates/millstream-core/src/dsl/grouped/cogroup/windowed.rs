//! `aggregate` of several streams over tumbling, hopping, sliding and unlimited windows.

use std::rc::Rc;
use std::sync::Arc;

use millstream_state::StoreIndex;
use millstream_types::{Data, Nullable, Serde, Windowed, windowed_serde};

use super::super::node::Initial;
use super::super::window_rows::{WindowRows, forward_dirty_windows};
use super::CogroupedKStream;
use super::input::{Input, Place};
use super::merge::Flush;
use super::plan::Shape;
use crate::dsl::KTable;
use crate::dsl::table::{StorePlan, TableView};
use crate::graph::{GraphRef, GraphTable};
use crate::options::{EmitStrategy, KeySerde, Materialized};
use crate::topology::BuildNode;
use crate::windows::{FixedWindows, SlidingWindows};

/// Streams that are aggregated together by key and window, with [`CogroupedKStream::windowed_by`].
///
/// Each stream has its own stream time, by which its records are late. They are added to every window that contains their time, even
/// if their value is null; sliding windows skip and count those with a null value.
pub struct TimeWindowedCogroupedKStream<K, A: Nullable> {
    cogrouped: CogroupedKStream<K, A>,
    windows: Rc<dyn Shape<K, A::Present, Key = Windowed<K>>>,
}

impl<K: Data, A: Nullable> TimeWindowedCogroupedKStream<K, A> {
    pub(in super::super) fn fixed(cogrouped: CogroupedKStream<K, A>, windows: FixedWindows) -> Self {
        cogrouped.graph.require_windows(windows.fault());
        Self { cogrouped, windows: Rc::new(windows) }
    }

    pub(in super::super) fn sliding(cogrouped: CogroupedKStream<K, A>, windows: SlidingWindows) -> Self {
        cogrouped.graph.require_windows(windows.fault());
        Self { cogrouped, windows: Rc::new(windows) }
    }

    /// Aggregates the values of all streams by key and window, as [`CogroupedKStream::aggregate`] does by key, except that the
    /// functions also get null values, unless the windows are sliding.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::TimeWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    ///
    /// let minutes = TimeWindows::of_size_and_grace(Duration::from_secs(60), Duration::from_secs(10));
    /// let views = builder.stream::<String, String>("views").group_by_key();
    /// let sales = builder.stream::<String, i64>("sales").group_by_key();
    /// let activity = views.cogroup(|_, _viewer, points: i64| points + 1).cogroup(&sales, |_, sold, points| points + 5 * sold);
    /// activity.windowed_by(minutes).aggregate("activity", || 0).to_stream().to("activity-per-minute");
    /// ```
    pub fn aggregate(
        &self,
        materialized: impl Into<Materialized<K, A::Present>>,
        initial: impl Fn() -> A + Send + Sync + 'static,
    ) -> KTable<Windowed<K>, A::Present> {
        self.cogrouped.add(&*self.windows, materialized.into(), Arc::new(move || initial().into_present()))
    }
}

impl<K: Data, A: Data> Shape<K, A> for FixedWindows {
    type Key = Windowed<K>;

    fn serde(&self, keys: Serde<K>) -> KeySerde<Windowed<K>> {
        KeySerde::given(windowed_serde(keys, self.size()))
    }

    fn add_store(&self, plan: StorePlan<K, A>, graph: &GraphRef) -> Option<StoreIndex> {
        plan.add_window(graph, self.size(), self.grace(), EmitStrategy::OnWindowUpdate)
    }

    fn table(&self, _store: StoreIndex) -> GraphTable {
        GraphTable { grace: Some(self.grace()), ..GraphTable::default() }
    }

    fn view(&self, index: StoreIndex) -> Arc<dyn TableView<Windowed<K>, A>> {
        Arc::new(WindowRows { index })
    }

    fn build(&self, input: &dyn Input<K, A>, place: Place, initial: Initial<A>) -> BuildNode {
        input.over_windows(place, *self, initial)
    }

    fn flush(&self) -> Flush<Windowed<K>, A> {
        let windows = *self;
        Arc::new(move |context, node, store, rows_max, children| {
            forward_dirty_windows(context, node, store, rows_max, |start| windows.end_of(start), children);
        })
    }
}
