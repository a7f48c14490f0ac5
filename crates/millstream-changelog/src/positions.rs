//! How far stores have come in their changelogs.

use std::collections::BTreeMap;

use millstream_state::StoreIndex;
use millstream_types::Offset;

/// For stores that were restored or written before, the offset in the changelog up to which they have all records.
///
/// It is handed over with the open stores of a task when a standby becomes active, or the other way round, so that a
/// [`Restorer`](crate::Restorer) reads on from there. A store over an engine has its own offset, which may be older.
///
/// # Examples
/// ```
/// use millstream_changelog::Positions;
/// use millstream_state::StoreIndex;
/// use millstream_types::Offset;
///
/// let mut positions = Positions::default();
/// positions.advance(StoreIndex::new(0), Offset::new(40));
/// positions.advance(StoreIndex::new(0), Offset::new(30));
/// assert_eq!(positions.get(StoreIndex::new(0)), Some(Offset::new(40)));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Positions(BTreeMap<StoreIndex, Offset>);

impl Positions {
    /// The position of a store, if it is known.
    #[must_use]
    pub fn get(&self, store: StoreIndex) -> Option<Offset> {
        self.0.get(&store).copied()
    }

    /// Sets the position of a store, unless it is further.
    pub fn advance(&mut self, store: StoreIndex, position: Offset) {
        let known = self.0.entry(store).or_insert(position);
        *known = position.max(*known);
    }

    /// The stores and their positions.
    pub fn iter(&self) -> impl Iterator<Item = (StoreIndex, Offset)> {
        self.0.iter().map(|(store, position)| (*store, *position))
    }
}
