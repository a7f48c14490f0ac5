//! The layout of the rows of a join's buffer: by time, then by key, then by their sequence.

use std::hash::Hasher;

use millstream_types::{Data, Serde, SerdeError, Timestamp, Topic};

use crate::expiry::Expiry;
use crate::layout::Layout;
use crate::{StoreKind, StoreOptions};

/// The bytes before and after the key.
const TIME_BYTES: usize = size_of::<i64>();
const SEQUENCE_BYTES: usize = size_of::<i32>();

/// A key with its time, and a number that distinguishes records of the same key and time.
#[derive(Clone, Debug)]
pub(crate) struct HeldKey<K> {
    pub(super) time: Timestamp,
    pub(super) key: K,
    pub(super) sequence: i32,
}

/// The first byte of each key, which Kafka Streams has for its own kinds of keys.
pub(super) const KIND: u8 = 0;

/// The layout of held keys: `0 u8 ‖ time i64 ‖ key ‖ sequence i32`, in the changelog as in the engine, as in Kafka Streams.
pub(crate) struct HeldKeys<K> {
    serde: Serde<K>,
    topic: Topic,
}

impl<K> HeldKeys<K> {
    pub(super) fn new(serde: Serde<K>, topic: Topic) -> Self {
        Self { serde, topic }
    }
}

impl<K: Data> Layout for HeldKeys<K> {
    type Key = HeldKey<K>;
    type Lookup<'a> = (Timestamp, &'a K, i32);

    const PREFIX_BYTES: usize = 0;
    const EXPIRES: bool = false;

    fn kind(_options: &StoreOptions) -> StoreKind {
        StoreKind::Buffer
    }

    fn lookup(key: &HeldKey<K>) -> (Timestamp, &K, i32) {
        (key.time, &key.key, key.sequence)
    }

    fn own((time, key, sequence): (Timestamp, &K, i32)) -> HeldKey<K> {
        HeldKey { time, key: key.clone(), sequence }
    }

    fn hash<H: Hasher>((time, key, sequence): (Timestamp, &K, i32), hasher: &mut H) {
        hasher.write_i64(time.as_millis());
        key.hash_key(hasher);
        hasher.write_i32(sequence);
    }

    fn matches(held: &HeldKey<K>, (time, key, sequence): (Timestamp, &K, i32)) -> bool {
        held.time == time && held.sequence == sequence && held.key.same_key(key)
    }

    fn encode(&self, (time, key, sequence): (Timestamp, &K, i32), out: &mut Vec<u8>) -> Result<(), SerdeError> {
        out.push(KIND);
        out.extend_from_slice(&time.as_millis().to_be_bytes());
        self.serde.encode(self.topic.as_str(), key, out)?;
        out.extend_from_slice(&sequence.to_be_bytes());
        Ok(())
    }

    fn decode(&self, logged: &[u8]) -> Result<HeldKey<K>, SerdeError> {
        let parts = logged.split_first().and_then(|(_, rest)| rest.split_first_chunk::<TIME_BYTES>());
        let parts = parts.and_then(|(time, rest)| Some((time, rest.split_last_chunk::<SEQUENCE_BYTES>()?)));
        let Some((time, (key, sequence))) = parts else {
            return Err(SerdeError::malformed(
                "key of a held record",
                "it is shorter than a time and a sequence",
                logged,
            ));
        };
        Ok(HeldKey {
            time: Timestamp::from_millis(i64::from_be_bytes(*time)),
            key: self.serde.decode(self.topic.as_str(), key)?,
            sequence: i32::from_be_bytes(*sequence),
        })
    }

    fn encode_logged(&self, logged: &[u8], out: &mut Vec<u8>) -> Result<(), SerdeError> {
        out.extend_from_slice(logged);
        Ok(())
    }

    fn expiry(&self) -> Option<Expiry> {
        None
    }

    fn time((time, ..): (Timestamp, &K, i32)) -> Timestamp {
        time
    }

    fn time_key(engine_key: &[u8], _time: Timestamp) -> Vec<u8> {
        engine_key.to_vec()
    }

    fn logged_time(_logged: &[u8]) -> Result<Timestamp, SerdeError> {
        Ok(Timestamp::UNKNOWN)
    }
}
