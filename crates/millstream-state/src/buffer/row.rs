//! A row of a buffer, and its encoding.

use std::borrow::Cow;

use millstream_types::{Codec, Data, Headers, Serde, SerdeError, Timestamp};

use super::context::{BufferedContext, put_length};
use super::format::{RawChange, SAME_AS_PRIOR, VERSION_HEADERS};
use super::prefix::{Prefix, Prefixes};

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
    /// What is before the values in a buffer with headers, otherwise `None`.
    pub(super) prefixes: Option<Box<Prefixes>>,
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
        Self { time, prior: None, old: Old::SameAsPrior, new, context, bytes: 0, prefixes: None }
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

    /// What is before the old value of the next change: the new value of this one.
    pub(super) fn next_prefix(&self) -> Result<Prefix, SerdeError> {
        let BufferedContext { timestamp, headers, .. } = &self.context;
        if self.new.is_some() { Prefix::of(*timestamp, headers) } else { Ok(Prefix::default()) }
    }

    /// Whether this is what is before the prior value.
    pub(super) fn has_prior(&self, prefix: &Prefix) -> bool {
        self.prefixes.as_ref().is_some_and(|prefixes| prefixes.prior == *prefix)
    }

    /// The headers of its changelog record.
    pub(super) fn logged_headers(&self) -> Cow<'_, Headers> {
        let mut headers = Cow::Borrowed(&*VERSION_HEADERS);
        if let Some(prefixes) = &self.prefixes {
            let (has_prior, is_same) = (self.prior.is_some(), matches!(self.old, Old::SameAsPrior));
            let has_old = if let Old::Other(old) = &self.old { old.is_some() } else { has_prior };
            prefixes.add_to(headers.to_mut(), (has_prior, has_old), is_same);
        }
        headers
    }

    /// Takes the prefixes from the headers of its changelog record.
    pub(super) fn set_logged_headers(&mut self, headers: &Headers) {
        let is_same = matches!(self.old, Old::SameAsPrior);
        self.prefixes = Some(Box::new(Prefixes::from_headers(headers, self.context.timestamp, is_same)));
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
    /// Whether the value has the same bytes as the prior one of the row.
    pub(super) fn is_prior(&self, topic: &str, row: &Buffered<V>, value: Option<&V>) -> Result<bool, SerdeError> {
        Ok(self.encoded(topic, value)? == self.encoded(topic, row.prior.as_ref())?)
    }

    fn encoded(&self, topic: &str, value: Option<&V>) -> Result<Option<Vec<u8>>, SerdeError> {
        let Some(value) = value else { return Ok(None) };
        let mut bytes = Vec::new();
        self.values.encode(topic, value, &mut bytes)?;
        Ok(Some(bytes))
    }

    /// The sizes of the three values with their prefixes, where an old value that equals the prior one counts nothing.
    pub(crate) fn value_bytes(&self, topic: &str, row: &Buffered<V>) -> Result<u64, SerdeError> {
        let (prior, new) = (self.encoded(topic, row.prior.as_ref())?, self.encoded(topic, row.new.as_ref())?);
        let other;
        let old = match &row.old {
            Old::SameAsPrior => &prior,
            Old::Other(old) => {
                other = self.encoded(topic, old.as_ref())?;
                &other
            }
        };
        let (of_prior, of_old, of_new) = match row.prefixes.as_deref() {
            Some(prefixes) => (prefixes.prior.len(), prefixes.old.len(), row.next_prefix()?.len()),
            None => (0, 0, 0),
        };
        let size = |value: &Option<Vec<u8>>, prefix: usize| value.as_ref().map_or(0, |value| value.len() + prefix);
        let is_same = *old == prior && row.prefixes.as_ref().is_none_or(|prefixes| prefixes.are_same());
        let old = if is_same { 0 } else { size(old, of_old) };
        Ok((size(&prior, of_prior) + old + size(&new, of_new)) as u64)
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
        Ok(Buffered { time, prior, old, new, context, bytes: 0, prefixes: None })
    }

    fn is_readable(&self) -> bool {
        self.values.is_readable()
    }

    fn has_sessions(&self) -> bool {
        self.values.has_sessions()
    }

    fn name(&self) -> String {
        self.values.name()
    }
}
