//! The partition of a key: murmur2 of its bytes, as in Kafka's Java producer.

use std::fmt;

use millstream_types::Partition;

/// How the partition of a record is chosen.
pub enum Route {
    /// By the bytes of the key, as Kafka's default partitioner does (murmur2). The producer chooses a partition for a null key.
    ByKey,
    /// In the same way, by this number of bytes at the start of the key. So all windows of a key are in one partition.
    ByKeyPrefix(usize),
    /// To these partitions: the record is written to each of them. With an empty list it is dropped.
    To(Vec<Partition>),
    /// By a function of the number of partitions, for a topic that is still being looked up. It is called when the number is
    /// known.
    Later(Box<dyn FnOnce(u32) -> Route + Send>),
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByKey => f.write_str("ByKey"),
            Self::ByKeyPrefix(len) => f.debug_tuple("ByKeyPrefix").field(len).finish(),
            Self::To(partitions) => f.debug_tuple("To").field(partitions).finish(),
            Self::Later(_) => f.write_str("Later"),
        }
    }
}

impl Route {
    /// To this one partition.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::Route;
    ///
    /// let first = Route::to(0);
    /// ```
    #[must_use]
    pub fn to(partition: u32) -> Self {
        Self::To(vec![Partition::new(partition)])
    }
}

/// How the sinks of a topology choose the partitions of a topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Partitioning {
    /// By all bytes of the key, as Kafka's default partitioner does; also where no sink writes the topic.
    #[default]
    ByKey,
    /// By a partitioner of the user, or by a part of the key, in at least one sink. The bytes of a key do not determine its
    /// partition.
    Other,
}

/// The partition of `key` in a topic of `partitions` partitions, the same as Kafka's default partitioner chooses.
///
/// # Panics
/// When `partitions` is 0.
///
/// # Examples
/// ```
/// use millstream_core::partition_for;
///
/// assert_eq!(partition_for(b"foobar", 10).number(), 6); // `toPositive(murmur2(key)) % 10` in Java
/// ```
#[must_use]
pub fn partition_for(key: &[u8], partitions: u32) -> Partition {
    let positive = murmur2(key) & 0x7fff_ffff;
    Partition::new(positive % partitions)
}

/// 32-bit `MurmurHash2` with Kafka's seed (`org.apache.kafka.common.utils.Utils.murmur2`).
///
/// # Examples
/// ```
/// assert_eq!(millstream_core::murmur2(b"21") as i32, -973_932_308); // from Kafka's own test
/// ```
#[must_use]
pub fn murmur2(bytes: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const MULTIPLIER: u32 = 0x5bd1_e995;
    const SHIFT: u32 = 24;

    // The length is a Java int: modulo 2^32.
    #[expect(clippy::cast_possible_truncation)]
    let mut hash = SEED ^ (bytes.len() as u32);
    let (words, rest) = bytes.as_chunks::<4>();
    for word in words {
        let mut word = u32::from_le_bytes(*word).wrapping_mul(MULTIPLIER);
        word ^= word >> SHIFT;
        hash = hash.wrapping_mul(MULTIPLIER) ^ word.wrapping_mul(MULTIPLIER);
    }
    if !rest.is_empty() {
        let tail = rest.iter().rev().fold(0, |tail, byte| tail << 8 | u32::from(*byte));
        hash = (hash ^ tail).wrapping_mul(MULTIPLIER);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(MULTIPLIER);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of Kafka's `UtilsTest#testMurmur2`.
    #[test]
    fn murmur2_gives_what_java_gives() {
        let cases: [(&[u8], i32); 6] = [
            (b"21", -973_932_308),
            (b"foobar", -790_332_482),
            (b"a-little-bit-long-string", -985_981_536),
            (b"a-little-bit-longer-string", -1_486_304_829),
            (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            (b"abc", 479_470_107),
        ];
        for (bytes, expected) in cases {
            assert_eq!(murmur2(bytes).cast_signed(), expected, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
