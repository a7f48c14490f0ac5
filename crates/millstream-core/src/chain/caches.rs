//! Caches of a chain: flushed at a commit, and before it when they hold too much.

use millstream_state::StoreIndex;
use millstream_types::{Failure, FailureKind};

use super::context::{Context, contained};
use super::progress::FlushProgress;
use super::{Chain, Environment};
use crate::stores::Stores;

/// So many rows are taken out of a cache before they are forwarded: together they stay in the processor's cache, and their
/// copies are small beside the store's.
const FORWARDED_AT_ONCE: usize = 256;

impl Chain {
    /// Logs and forwards what caches hold back, store by store in the order they were added, until none is dirty:
    /// forwarding may write to further stores. Whatever was processed is then in the environment's hands.
    ///
    /// Ends after about `rows_max` rows with [`FlushProgress::More`]; the next call continues from there. No record may be
    /// processed in between.
    ///
    /// # Errors
    /// When an operator or a store fails.
    pub fn flush(
        &mut self,
        rows_max: usize,
        stores: &mut Stores,
        environment: &mut dyn Environment,
    ) -> Result<FlushProgress, Failure> {
        let (mut left, mut clean) = (rows_max, 0);
        if self.flush_emptied(&mut left, stores, environment)? == FlushProgress::More {
            return Ok(FlushProgress::More);
        }
        while clean < self.caching_stores.len() {
            let store = self.caching_stores[self.flushing];
            if stores.has_dirty(store) {
                clean = 0;
            }
            if self.flush_store(store, &mut left, stores, environment)? == FlushProgress::More {
                return Ok(FlushProgress::More);
            }
            clean += 1;
            self.flushing = (self.flushing + 1) % self.caching_stores.len();
        }
        self.flushing = 0;
        Ok(FlushProgress::Done)
    }

    /// Flushes the fullest cache while all of them together hold more than their share.
    pub(super) fn bound_caches(
        &mut self,
        left: &mut usize,
        stores: &mut Stores,
        environment: &mut dyn Environment,
    ) -> Result<FlushProgress, Failure> {
        while self.must_empty_a_cache(stores) {
            if self.flush_emptied(left, stores, environment)? == FlushProgress::More {
                return Ok(FlushProgress::More);
            }
        }
        Ok(FlushProgress::Done)
    }

    /// Whether a store is to be flushed because the caches hold too much: one that is flushed in part already, or else the
    /// one with the fullest cache.
    #[inline]
    pub(super) fn must_empty_a_cache(&mut self, stores: &Stores) -> bool {
        let dirty_bytes = |store: &StoreIndex| stores.dirty_bytes(*store);
        if self.emptied.is_none() && self.caching_stores.iter().map(dirty_bytes).sum::<usize>() > self.cache_bytes_max {
            self.emptied = self.caching_stores.iter().copied().max_by_key(dirty_bytes);
        }
        self.emptied.is_some()
    }

    /// Flushes the store that was chosen because the caches hold too much, if there is one.
    fn flush_emptied(
        &mut self,
        left: &mut usize,
        stores: &mut Stores,
        environment: &mut dyn Environment,
    ) -> Result<FlushProgress, Failure> {
        let Some(store) = self.emptied else { return Ok(FlushProgress::Done) };
        let progress = self.flush_store(store, left, stores, environment)?;
        if progress == FlushProgress::Done {
            self.emptied = None;
        }
        Ok(progress)
    }

    /// Flushes a store until it is clean. Each row takes one of `left`.
    fn flush_store(
        &mut self,
        store: StoreIndex,
        left: &mut usize,
        stores: &mut Stores,
        environment: &mut dyn Environment,
    ) -> Result<FlushProgress, Failure> {
        while stores.has_dirty(store) {
            if *left == 0 {
                return Ok(FlushProgress::More);
            }
            let rows = FORWARDED_AT_ONCE.min(*left);
            self.flush_rows(store, rows, stores, environment)?;
            *left -= rows;
        }
        Ok(FlushProgress::Done)
    }

    /// Flushes up to `rows_max` rows of one store.
    fn flush_rows(
        &mut self,
        store: StoreIndex,
        rows_max: usize,
        stores: &mut Stores,
        environment: &mut dyn Environment,
    ) -> Result<(), Failure> {
        let position = self.state.position;
        match self.state.owners[store.index()] {
            Some(owner) => {
                let flush =
                    |context: &mut Context<'_>| context.enter(owner, |node, context| node.flush(context, rows_max));
                if let Err(panicked) = contained(&mut self.state, stores, environment, flush) {
                    // The rows that were about to be forwarded are lost: the task cannot continue.
                    self.state.failure.get_or_insert(panicked.failure("commit"));
                }
            }
            None => {
                if let Err(error) = stores.log_dirty(store, environment, rows_max) {
                    self.context(stores, environment).fail(FailureKind::Store, "commit", error);
                }
            }
        }
        self.state.position = position;
        self.outcome()
    }
}
