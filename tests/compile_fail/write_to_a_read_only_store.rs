//! Writing to a read-only store from another processor than its own.

use millstream::state::KeyValueStore;
use millstream::{BoxError, ProcessorContext, ReadOnly, StoreHandle};

type Prices = StoreHandle<ReadOnly<KeyValueStore<String, i64>>>;

fn double(context: &mut ProcessorContext<'_, String, i64>, prices: Prices) -> Result<(), BoxError> {
    let mut prices = context.read_only_store(prices)?;
    let price = prices.get(&"tea".to_owned())?.copied().unwrap_or(0);
    prices.put(&"tea".to_owned(), 2 * price)?;
    Ok(())
}

fn main() {
    let _ = double;
}
