//! `aggregate` of several streams over sliding windows.

use std::sync::Arc;

use millstream_state::StoreIndex;
use millstream_types::{Data, Serde, Windowed, windowed_serde};

use super::super::node::Initial;
use super::super::window_rows::{WindowRows, forward_dirty_windows};
use super::input::{Input, Place};
use super::merge::Flush;
use super::plan::Shape;
use crate::dsl::table::{StorePlan, TableView};
use crate::graph::{GraphRef, GraphTable};
use crate::options::{EmitStrategy, KeySerde};
use crate::topology::BuildNode;
use crate::windows::SlidingWindows;

impl<K: Data, A: Data> Shape<K, A> for SlidingWindows {
    type Key = Windowed<K>;

    fn serde(&self, keys: Serde<K>) -> KeySerde<Windowed<K>> {
        KeySerde::given(windowed_serde(keys, self.time_difference()))
    }

    fn add_store(&self, plan: StorePlan<K, A>, graph: &GraphRef) -> Option<StoreIndex> {
        plan.add_sliding(graph, self.time_difference(), self.grace(), EmitStrategy::OnWindowUpdate)
    }

    fn table(&self, _store: StoreIndex) -> GraphTable {
        GraphTable { grace: Some(self.grace()), ..GraphTable::default() }
    }

    fn view(&self, index: StoreIndex) -> Arc<dyn TableView<Windowed<K>, A>> {
        Arc::new(WindowRows { index })
    }

    fn check(&self, input: &dyn Input<K, A>, operator: &str) {
        input.require_values(operator);
    }

    fn build(&self, input: &dyn Input<K, A>, place: Place, initial: Initial<A>) -> BuildNode {
        input.over_sliding(place, *self, initial)
    }

    fn flush(&self) -> Flush<Windowed<K>, A> {
        let windows = *self;
        Arc::new(move |context, node, store, rows_max, children| {
            forward_dirty_windows(context, node, store, rows_max, |start| windows.end_of(start), children);
        })
    }
}
