//! The serde of keys with sessions.

use crate::{Codec, Serde, SerdeError, Timestamp, Window, Windowed};

/// The number of bytes that a session adds to its key: the end and the start, big-endian.
const SESSION_BYTES: usize = 2 * size_of::<i64>();

/// The serde of keys with session windows, in topics and stores: the bytes of `key`, then the session's end and its start as
/// big-endian `i64`, as Kafka's `SessionWindowedSerializer` writes them.
///
/// Reading and writing refuse sessions that start before time 0 or after their end.
///
/// # Examples
/// ```
/// use millstream_types::{Serde, session_windowed_serde};
///
/// let serde = session_windowed_serde(Serde::<String>::of_type());
/// let key = serde.decode("visits", b"anna\0\0\0\0\0\0\x27\x10\0\0\0\0\0\0\0\x05")?;
/// assert_eq!(key.to_string(), "[anna@5/10000]");
/// # Ok::<(), millstream_types::SerdeError>(())
/// ```
#[must_use]
pub fn session_windowed_serde<K: 'static>(key: Serde<K>) -> Serde<Windowed<K>> {
    Serde::new(Sessions { key })
}

/// The codec behind [`session_windowed_serde`].
struct Sessions<K> {
    key: Serde<K>,
}

/// What is wrong with a session, if anything.
fn fault_of(window: Window) -> Option<&'static str> {
    if !window.start.is_valid() {
        return Some("the session starts before the epoch");
    }
    (window.end < window.start).then_some("the session ends before it starts")
}

impl<K: 'static> Codec<Windowed<K>> for Sessions<K> {
    fn encode(&self, topic: &str, value: &Windowed<K>, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        let window = value.window;
        if let Some(fault) = fault_of(window) {
            return Err(SerdeError::unwritable(std::any::type_name::<Windowed<K>>(), format!("{fault}: {window}")));
        }
        self.key.encode(topic, &value.key, out)?;
        out.extend_from_slice(&window.end.as_millis().to_be_bytes());
        out.extend_from_slice(&window.start.as_millis().to_be_bytes());
        Ok(())
    }

    fn decode(&self, topic: &str, bytes: &[u8]) -> Result<Windowed<K>, SerdeError> {
        let malformed = |why| SerdeError::malformed(std::any::type_name::<Windowed<K>>(), why, bytes);
        let split = bytes.split_last_chunk().and_then(|(rest, start)| Some((rest.split_last_chunk()?, start)));
        let Some(((key, end), start)) = split else {
            return Err(malformed("no room for the session's end and start"));
        };
        let time = |bytes: &[u8; size_of::<i64>()]| Timestamp::from_millis(i64::from_be_bytes(*bytes));
        let window = Window { start: time(start), end: time(end) };
        match fault_of(window) {
            Some(fault) => Err(malformed(fault)),
            None => Ok(Windowed { key: self.key.decode(topic, key)?, window }),
        }
    }

    fn is_readable(&self) -> bool {
        self.key.is_readable()
    }

    fn has_sessions(&self) -> bool {
        true
    }

    fn name(&self) -> String {
        format!("{} in sessions", self.key.name())
    }

    fn window_bytes(&self) -> usize {
        SESSION_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(start: i64, end: i64) -> Windowed<String> {
        let window = Window { start: Timestamp::from_millis(start), end: Timestamp::from_millis(end) };
        Windowed { key: "k".to_owned(), window }
    }

    #[test]
    fn impossible_sessions_are_refused_both_ways() {
        let serde = session_windowed_serde(Serde::<String>::of_type());
        for (start, end) in [(-1, 5), (i64::MIN, -1), (6, 5)] {
            assert!(serde.encode("t", &session(start, end), &mut Vec::new()).is_err(), "{start}/{end}");
            let bytes = [b"k".as_slice(), &end.to_be_bytes(), &start.to_be_bytes()].concat();
            assert!(serde.decode("t", &bytes).is_err(), "{start}/{end}");
        }
        for length in 0..SESSION_BYTES {
            assert!(serde.decode("t", &vec![0; length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn sessions_with_one_start_are_different_keys() {
        use crate::Data as _;
        assert!(!session(0, 5).same_key(&session(0, 6)));
        assert!(session(0, 5).same_key(&session(0, 5)));
    }
}
