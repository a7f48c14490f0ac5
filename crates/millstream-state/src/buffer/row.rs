//! A row of a buffer, and its encoding.

use millstream_types::{Codec, Data, Serde, SerdeError, Timestamp};

use super::context::{BufferedContext, put_length};
use super::format::{RawChange, SAME_AS_PRIOR};

/// A change that waits.
#[derive(Clone, Debug)]
pub(crate) struct Buffered<V> {
    /// The time by which it waits, that of the first change of its key.
    pub(super) time: Timestamp,
    /// The value before the first change of its key.
    pub(super) prior: Option<V>,
    /// The value before the last change.
    pub(super) old: Old<V>,
    pub(super) new: Option<V>,
    pub(super) context: BufferedContext,
    /// The bytes that it counts, if they are counted.
    pub(super) bytes: u64,
}

/// The value before the last change.
#[derive(Clone, Debug)]
pub(super) enum Old<V> {
    /// It is the prior value, as of the first change.
    SameAsPrior,
    Other(Option<V>),
}

impl<V> Buffered<V> {
    /// A record that waits, which has neither a prior nor an old value.
    pub(crate) fn of(value: V, context: BufferedContext) -> Self {
        let (time, new) = (Timestamp::from_millis(0), Some(value));
        Self { time, prior: None, old: Old::SameAsPrior, new, context, bytes: 0 }
    }

    /// The new value, with its context.
    pub(crate) fn into_new(self) -> Option<(V, BufferedContext)> {
        Some((self.new?, self.context))
    }

    pub(crate) fn context_bytes(&self) -> u64 {
        self.context.counted_bytes()
    }

    pub(super) fn into_old(self) -> (Option<V>, Option<V>, BufferedContext) {
        let old = match self.old {
            Old::SameAsPrior => self.prior,
            Old::Other(old) => old,
        };
        (old, self.new, self.context)
    }
}

/// A row is written by the codec of its store.
impl<V: Data> Data for Buffered<V> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        BufferedCodec { values: Serde::of_type() }.encode("", self, out)
    }

    fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
        BufferedCodec { values: Serde::of_type() }.decode("", bytes)
    }
}

/// Writes rows in version 3 of the changelog's format, with values of the table's serde.
pub(crate) struct BufferedCodec<V> {
    pub(crate) values: Serde<V>,
}

impl<V: Data> BufferedCodec<V> {
    /// The sizes of the three values, where an old value that equals the prior one counts nothing.
    pub(crate) fn value_bytes(&self, topic: &str, row: &Buffered<V>) -> Result<u64, SerdeError> {
        let encoded = |value: Option<&V>| -> Result<Vec<u8>, SerdeError> {
            let mut bytes = Vec::new();
            value.map(|value| self.values.encode(topic, value, &mut bytes)).transpose()?;
            Ok(bytes)
        };
        let (prior, new) = (encoded(row.prior.as_ref())?, encoded(row.new.as_ref())?);
        let old = match &row.old {
            Old::SameAsPrior => Vec::new(),
            Old::Other(old) => encoded(old.as_ref())?,
        };
        let old_bytes = if old == prior { 0 } else { old.len() };
        Ok((prior.len() + old_bytes + new.len()) as u64)
    }

    /// Appends a value after its length. Returns where the value begins.
    fn put(&self, topic: &str, value: Option<&V>, out: &mut Vec<u8>) -> Result<usize, SerdeError> {
        let prefix = out.len();
        out.extend_from_slice(&(-1_i32).to_be_bytes());
        let start = out.len();
        if let Some(value) = value {
            self.values.encode(topic, value, out)?;
            let mut length = Vec::with_capacity(size_of::<i32>());
            put_length(out.len() - start, &mut length)?;
            out[prefix..start].copy_from_slice(&length);
        }
        Ok(start)
    }

    /// Appends the old value, or the length that stands for the prior one if both have the same bytes.
    fn put_old(&self, topic: &str, row: &Buffered<V>, prior: &[u8], out: &mut Vec<u8>) -> Result<(), SerdeError> {
        let prefix = out.len();
        let is_same = match &row.old {
            Old::SameAsPrior => row.prior.is_some(),
            Old::Other(old) => {
                let start = self.put(topic, old.as_ref(), out)?;
                old.is_some() && row.prior.is_some() && out[start..] == *prior
            }
        };
        if is_same {
            out.truncate(prefix);
            out.extend_from_slice(&SAME_AS_PRIOR.to_be_bytes());
        } else if matches!(row.old, Old::SameAsPrior) {
            self.put(topic, None, out)?;
        }
        Ok(())
    }
}

impl<V: Data> Codec<Buffered<V>> for BufferedCodec<V> {
    fn encode(&self, topic: &str, row: &Buffered<V>, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        row.context.encode(out)?;
        let start = self.put(topic, row.prior.as_ref(), out)?;
        let prior = out[start..].to_vec();
        self.put_old(topic, row, &prior, out)?;
        self.put(topic, row.new.as_ref(), out)?;
        out.extend_from_slice(&row.time.as_millis().to_be_bytes());
        Ok(())
    }

    fn decode(&self, topic: &str, bytes: &[u8]) -> Result<Buffered<V>, SerdeError> {
        let RawChange { context, prior, old, new, time } = RawChange::decode(bytes)?;
        let is_same = old == prior;
        let value = |bytes: Option<&[u8]>| bytes.map(|bytes| self.values.decode(topic, bytes)).transpose();
        let (prior, new) = (value(prior)?, value(new)?);
        let old = if is_same { Old::SameAsPrior } else { Old::Other(value(old)?) };
        Ok(Buffered { time, prior, old, new, context, bytes: 0 })
    }

    fn is_readable(&self) -> bool {
        self.values.is_readable()
    }

    fn name(&self) -> String {
        self.values.name()
    }
}
