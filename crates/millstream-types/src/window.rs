//! Time windows, and windowed keys.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::time::Duration;

use crate::{Codec, Data, Serde, SerdeError, Timestamp};

/// The number of bytes that a window adds to its key: the start, big-endian.
const START_BYTES: usize = size_of::<i64>();

/// A span of time. In time windows and unlimited windows the end is exclusive; in sliding windows and sessions it belongs to
/// the window, as in Kafka Streams.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_types::{Timestamp, Window};
///
/// let window = Window::starting_at(Timestamp::from_millis(5_000), Duration::from_secs(5));
/// assert_eq!(window.end, Timestamp::from_millis(10_000));
/// assert!(window.contains(window.start));
/// assert!(!window.contains(window.end));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    /// The start, inclusive.
    pub start: Timestamp,
    /// The end; whether it is exclusive depends on the kind of window.
    pub end: Timestamp,
}

impl Window {
    /// The window of length `size` (in whole milliseconds) that begins at `start`. Its end saturates at the largest time.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_types::{Timestamp, Window};
    ///
    /// let window = Window::starting_at(Timestamp::from_millis(1_000), Duration::from_secs(1));
    /// assert_eq!(window.end, Timestamp::from_millis(2_000));
    /// ```
    #[must_use]
    pub fn starting_at(start: Timestamp, size: Duration) -> Self {
        Self { start, end: start + size }
    }

    /// Whether `time` is in the window, if its end is exclusive.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_types::{Timestamp, Window};
    ///
    /// let window = Window::starting_at(Timestamp::from_millis(1_000), Duration::from_secs(1));
    /// assert!(window.contains(Timestamp::from_millis(1_999)));
    /// assert!(!window.contains(Timestamp::from_millis(2_000)));
    /// ```
    #[must_use]
    pub fn contains(&self, time: Timestamp) -> bool {
        self.start <= time && time < self.end
    }
}

/// Writes `start/end` in milliseconds, as Kafka Streams does.
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.start.as_millis(), self.end.as_millis())
    }
}

/// A key with its window: the key type of windowed aggregations.
///
/// # Bytes
/// The bytes of the key, then the window's start as a big-endian `i64`, as Kafka's `TimeWindowedSerializer` writes them. The
/// end is not part of them. So windowed keys can be *written* without further options, with `.to("topic")`, but *reading*
/// needs the window's size: use [`windowed_serde`]. Keys of session windows have another format, which tables of sessions bring
/// along: [`session_windowed_serde`](crate::session_windowed_serde). All windows of a key go to the partition of the key.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_types::{Data, Timestamp, Window, Windowed, windowed_serde};
///
/// let window = Window::starting_at(Timestamp::from_millis(10_000), Duration::from_secs(10));
/// let key = Windowed { key: "anna".to_owned(), window };
/// assert_eq!(key.to_string(), "[anna@10000/20000]");
///
/// let mut bytes = Vec::new();
/// key.encode(&mut bytes)?;
/// let serde = windowed_serde::<String>(millstream_types::Serde::of_type(), Duration::from_secs(10));
/// assert_eq!(serde.decode("counts", &bytes)?, key);
/// # Ok::<(), millstream_types::SerdeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Windowed<K> {
    /// The key.
    pub key: K,
    /// Its window.
    pub window: Window,
}

/// Writes `[key@start/end]`, as Kafka Streams does.
impl<K: fmt::Display> fmt::Display for Windowed<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}@{}]", self.key, self.window)
    }
}

/// Writes as Kafka's `TimeWindowedSerializer` does. Reading is an error that names [`windowed_serde`] and [`session_windowed_serde`](crate::session_windowed_serde).
impl<K: Data> Data for Windowed<K> {
    const WINDOW_BYTES: usize = START_BYTES;
    const READABLE: bool = false;

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        self.key.encode(out)?;
        encode_start(self.window, out)
    }

    fn decode(_bytes: &[u8]) -> Result<Self, SerdeError> {
        Err(SerdeError::unreadable(
            std::any::type_name::<Self>(),
            "the bytes hold the window's start but not its size; \
             name the size where the topic is read, with `windowed_serde(key_serde, size)`, \
             or `session_windowed_serde(key_serde)` for sessions",
        ))
    }

    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        self.key.hash_key(hasher);
        self.window.hash(hasher);
    }

    fn same_key(&self, other: &Self) -> bool {
        self.window == other.window && self.key.same_key(&other.key)
    }
}

/// The serde of windowed keys with windows of length `size`: the bytes of `key`, then the start as a big-endian `i64`.
///
/// Reading gives windows from `start` to `start + size`, saturated at the largest time. Reading and writing refuse a negative
/// start; writing also refuses a window of another size, since it would be read as a different one.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_types::{Serde, Timestamp, windowed_serde};
///
/// let serde = windowed_serde(Serde::<String>::of_type(), Duration::from_secs(10));
/// let key = serde.decode("counts", b"anna\0\0\0\0\0\0\x27\x10")?;
/// assert_eq!(key.key, "anna");
/// assert_eq!(key.window.end, Timestamp::from_millis(20_000));
/// # Ok::<(), millstream_types::SerdeError>(())
/// ```
#[must_use]
pub fn windowed_serde<K: 'static>(key: Serde<K>, size: Duration) -> Serde<Windowed<K>> {
    Serde::new(SizedWindows { key, size })
}

/// The codec behind [`windowed_serde`].
struct SizedWindows<K> {
    key: Serde<K>,
    size: Duration,
}

impl<K: 'static> Codec<Windowed<K>> for SizedWindows<K> {
    fn encode(&self, topic: &str, value: &Windowed<K>, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        let window = value.window;
        if window != Window::starting_at(window.start, self.size) {
            return Err(SerdeError::unwritable(
                std::any::type_name::<Windowed<K>>(),
                format!("its window is {window}, but `windowed_serde` was given the size {:?}", self.size),
            ));
        }
        self.key.encode(topic, &value.key, out)?;
        encode_start(window, out)
    }

    fn decode(&self, topic: &str, bytes: &[u8]) -> Result<Windowed<K>, SerdeError> {
        let type_name = std::any::type_name::<Windowed<K>>();
        let (key, start) = bytes
            .split_last_chunk::<START_BYTES>()
            .ok_or_else(|| SerdeError::malformed(type_name, "no room for the window's start", bytes))?;
        let start = Timestamp::from_millis(i64::from_be_bytes(*start));
        if !start.is_valid() {
            return Err(SerdeError::malformed(type_name, "the window's start is negative", bytes));
        }
        Ok(Windowed { key: self.key.decode(topic, key)?, window: Window::starting_at(start, self.size) })
    }

    fn is_readable(&self) -> bool {
        self.key.is_readable()
    }

    fn has_sessions(&self) -> bool {
        self.key.has_sessions()
    }

    fn name(&self) -> String {
        format!("{} in windows", self.key.name())
    }

    fn window_bytes(&self) -> usize {
        START_BYTES
    }
}

/// Appends the start. A negative one is refused, because no reader accepts it, Kafka's included.
fn encode_start(window: Window, out: &mut Vec<u8>) -> Result<(), SerdeError> {
    if !window.start.is_valid() {
        return Err(SerdeError::unwritable("Windowed", format!("its window {window} starts before the epoch")));
    }
    window.start.as_millis().encode(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const SIZE: Duration = Duration::from_secs(10);

    fn windowed(key: &str, start: i64) -> Windowed<String> {
        Windowed { key: key.to_owned(), window: Window::starting_at(Timestamp::from_millis(start), SIZE) }
    }

    fn serde() -> Serde<Windowed<String>> {
        windowed_serde(Serde::of_type(), SIZE)
    }

    #[test]
    fn the_end_stays_at_the_largest_time_when_the_size_overflows() {
        for start in [i64::MAX - 10_000, i64::MAX - 9_999, i64::MAX] {
            let mut bytes = b"k".to_vec();
            start.encode(&mut bytes).unwrap();
            let key = serde().decode("t", &bytes).unwrap();
            assert_eq!(key.window.end.as_millis(), i64::MAX, "start {start}");
            let mut again = Vec::new();
            serde().encode("t", &key, &mut again).unwrap();
            assert_eq!(again, bytes);
        }
    }

    #[test]
    fn reading_without_a_size_names_the_remedy() {
        let mut bytes = Vec::new();
        windowed("k", 0).encode(&mut bytes).unwrap();
        let message = Windowed::<String>::decode(&bytes).unwrap_err().to_string();
        assert!(message.contains("`windowed_serde(key_serde, size)`"), "{message}");
    }

    #[test]
    fn writing_a_window_of_another_size_names_both() {
        let window = Window::starting_at(Timestamp::from_millis(0), Duration::from_secs(5));
        let key = Windowed { key: "k".to_owned(), window };
        let message = serde().encode("t", &key, &mut Vec::new()).unwrap_err().to_string();
        assert!(message.contains("0/5000") && message.contains("10s"), "{message}");
    }

    #[test]
    fn a_negative_start_is_refused_both_ways() {
        assert!(windowed("k", -1).encode(&mut Vec::new()).is_err());
        assert!(serde().encode("t", &windowed("k", -1), &mut Vec::new()).is_err());
        assert!(serde().decode("t", &(-1_i64).to_be_bytes()).is_err());
    }

    #[test]
    fn too_few_bytes_for_a_start_are_an_error() {
        assert!(serde().decode("t", &[0; 7]).is_err());
        assert_eq!(serde().decode("t", &[0; 8]).unwrap(), windowed("", 0));
    }

    #[test]
    fn the_same_key_has_the_same_key_and_window() {
        assert!(windowed("a", 0).same_key(&windowed("a", 0)));
        assert!(!windowed("a", 0).same_key(&windowed("a", 1)));
        assert!(!windowed("a", 0).same_key(&windowed("b", 0)));
    }
}
