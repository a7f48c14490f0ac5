//! Batches of operations that an engine applies atomically.

use millstream_types::Offset;

/// An operation of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation<'a> {
    /// Sets the value of a key.
    Put(&'a [u8], &'a [u8]),
    /// Removes a key, if it exists.
    Delete(&'a [u8]),
    /// Removes all keys from the first (inclusive) to the second (exclusive).
    DeleteRange(&'a [u8], &'a [u8]),
}

/// Operations that an engine applies in order and atomically, with the changelog offset that they reach.
///
/// # Examples
/// ```
/// use millstream_state::{Batch, Operation};
///
/// let mut batch = Batch::new();
/// batch.put(b"a", b"1");
/// batch.delete(b"b");
/// let operations: Vec<_> = batch.operations().collect();
/// assert_eq!(operations, [Operation::Put(b"a", b"1"), Operation::Delete(b"b")]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    steps: Vec<Step>,
    changelog_offset: Option<Offset>,
}

/// The kind of an operation and the lengths of its two byte strings, which are consecutive in the buffer of the batch.
#[derive(Clone, Copy, Debug)]
struct Step {
    kind: Kind,
    first: usize,
    second: usize,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Put,
    Delete,
    DeleteRange,
}

impl Batch {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the value of `key`.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::{Batch, Operation};
    ///
    /// let mut batch = Batch::new();
    /// batch.put(b"a", b"1");
    /// assert_eq!(batch.operations().next(), Some(Operation::Put(b"a", b"1")));
    /// ```
    pub fn put(&mut self, key: &[u8], value: &[u8]) {
        self.push(Kind::Put, key, value);
    }

    /// Removes `key`.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::{Batch, Operation};
    ///
    /// let mut batch = Batch::new();
    /// batch.delete(b"a");
    /// assert_eq!(batch.operations().next(), Some(Operation::Delete(b"a")));
    /// ```
    pub fn delete(&mut self, key: &[u8]) {
        self.push(Kind::Delete, key, &[]);
    }

    /// Removes all keys from `from` (inclusive) to `to` (exclusive).
    ///
    /// # Examples
    /// ```
    /// use millstream_state::{Batch, Operation};
    ///
    /// let mut batch = Batch::new();
    /// batch.delete_range(b"a", b"c");
    /// assert_eq!(batch.operations().next(), Some(Operation::DeleteRange(b"a", b"c")));
    /// ```
    pub fn delete_range(&mut self, from: &[u8], to: &[u8]) {
        self.push(Kind::DeleteRange, from, to);
    }

    /// Sets the changelog offset that the engine stores with these operations.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::Batch;
    /// use millstream_types::Offset;
    ///
    /// let mut batch = Batch::new();
    /// batch.set_changelog_offset(Offset::new(7));
    /// assert_eq!(batch.changelog_offset(), Some(Offset::new(7)));
    /// assert!(!batch.is_empty());
    /// ```
    pub fn set_changelog_offset(&mut self, next: Offset) {
        self.changelog_offset = Some(next);
    }

    /// The changelog offset to store; `None` keeps that of the engine.
    #[must_use]
    pub fn changelog_offset(&self) -> Option<Offset> {
        self.changelog_offset
    }

    /// The operations, in order.
    pub fn operations(&self) -> impl Iterator<Item = Operation<'_>> {
        let mut rest = self.bytes.as_slice();
        self.steps.iter().map(move |step| {
            let (first, after_first) = rest.split_at(step.first);
            let (second, after_second) = after_first.split_at(step.second);
            rest = after_second;
            match step.kind {
                Kind::Put => Operation::Put(first, second),
                Kind::Delete => Operation::Delete(first),
                Kind::DeleteRange => Operation::DeleteRange(first, second),
            }
        })
    }

    /// Whether the batch has neither operations nor an offset.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.changelog_offset.is_none()
    }

    /// The size of all keys and values in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Empties the batch and keeps its memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.steps.clear();
        self.changelog_offset = None;
    }

    fn push(&mut self, kind: Kind, first: &[u8], second: &[u8]) {
        self.bytes.extend_from_slice(first);
        self.bytes.extend_from_slice(second);
        self.steps.push(Step { kind, first: first.len(), second: second.len() });
    }
}
