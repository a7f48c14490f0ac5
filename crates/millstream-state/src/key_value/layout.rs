//! The layout of key-value stores: engine and changelog have the same keys, and rows do not expire.

use std::hash::Hasher;
use std::marker::PhantomData;

use millstream_types::{Data, Serde, SerdeError, Timestamp, Topic};

use crate::expiry::Expiry;
use crate::layout::Layout;
use crate::{StoreKind, StoreOptions};

/// Keys without additions.
pub(crate) struct PlainKeys<K> {
    serde: Serde<K>,
    topic: Topic,
    key: PhantomData<fn() -> K>,
}

impl<K> PlainKeys<K> {
    pub(crate) fn new(serde: Serde<K>, topic: Topic) -> Self {
        Self { serde, topic, key: PhantomData }
    }
}

impl<K: Data> Layout for PlainKeys<K> {
    type Key = K;
    type Lookup<'a> = &'a K;

    const PREFIX_BYTES: usize = 0;
    const EXPIRES: bool = false;

    fn kind(options: &StoreOptions) -> StoreKind {
        if options.timestamped { StoreKind::TimestampedKeyValue } else { StoreKind::KeyValue }
    }

    fn lookup(key: &K) -> &K {
        key
    }

    fn own(lookup: &K) -> K {
        lookup.clone()
    }

    fn hash<H: Hasher>(lookup: &K, hasher: &mut H) {
        lookup.hash_key(hasher);
    }

    fn matches(key: &K, lookup: &K) -> bool {
        key.same_key(lookup)
    }

    fn encode(&self, lookup: &K, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        self.serde.encode(self.topic.as_str(), lookup, out)
    }

    fn decode(&self, logged: &[u8]) -> Result<K, SerdeError> {
        self.serde.decode(self.topic.as_str(), logged)
    }

    fn encode_logged(&self, logged: &[u8], out: &mut Vec<u8>) -> Result<(), SerdeError> {
        out.extend_from_slice(logged);
        Ok(())
    }

    fn expiry(&self) -> Option<Expiry> {
        None
    }

    fn time(_: &K) -> Timestamp {
        Timestamp::UNKNOWN
    }

    fn time_key(engine_key: &[u8], _time: Timestamp) -> Vec<u8> {
        engine_key.to_vec()
    }

    fn logged_time(_: &[u8]) -> Result<Timestamp, SerdeError> {
        Ok(Timestamp::UNKNOWN)
    }
}
