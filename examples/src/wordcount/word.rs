//! A word; short ones are stored inline, without an allocation.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use millstream::{Data, SerdeError};

/// A word of up to this many bytes is stored inline.
const SHORT_BYTES_MAX: usize = 22;

/// A word: the key and value that go through the repartition topic. Written as its UTF-8, like a `String`.
///
/// A `String` would work too. This shows how to write a type that is cheaper to create, clone and look up.
///
/// # Examples
/// ```
/// use millstream::Data;
/// use millstream_examples::wordcount::Word;
///
/// let word = Word::from("mill");
/// let mut bytes = Vec::new();
/// word.encode(&mut bytes)?;
/// assert_eq!((bytes.as_slice(), word.to_string().as_str()), (&b"mill"[..], "mill"));
/// # Ok::<(), millstream::SerdeError>(())
/// ```
#[derive(Clone)]
pub struct Word(Repr);

/// A text has one representation only, by its length.
#[derive(Clone)]
enum Repr {
    Short { length: u8, bytes: [u8; SHORT_BYTES_MAX] },
    Long(Arc<str>),
}

impl Word {
    fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Short { length, bytes } => &bytes[..usize::from(*length)],
            Repr::Long(text) => text.as_bytes(),
        }
    }
}

impl From<&str> for Word {
    fn from(text: &str) -> Self {
        let mut bytes = [0; SHORT_BYTES_MAX];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(place), Ok(length)) => {
                place.copy_from_slice(text.as_bytes());
                Self(Repr::Short { length, bytes })
            }
            _ => Self(Repr::Long(text.into())),
        }
    }
}

impl PartialEq for Word {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            // Behind the length everything is zero, so all bytes may be compared: no loop.
            (Repr::Short { length, bytes }, Repr::Short { length: other_length, bytes: other_bytes }) => {
                length == other_length && bytes == other_bytes
            }
            _ => self.as_bytes() == other.as_bytes(),
        }
    }
}

impl Eq for Word {}

impl Hash for Word {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write(self.as_bytes());
    }
}

impl Data for Word {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        out.extend_from_slice(self.as_bytes());
        Ok(())
    }

    fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
        let text = std::str::from_utf8(bytes).map_err(|error| SerdeError::malformed("Word", error, bytes))?;
        Ok(Self::from(text))
    }

    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        self.hash(hasher);
    }

    fn same_key(&self, other: &Self) -> bool {
        self == other
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.as_bytes()))
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(self.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use millstream::serdes::laws;

    use super::*;

    #[test]
    fn words_of_any_length_obey_the_laws_of_keys() {
        let texts = ["", "a", "b", "aa", "wörd", &"x".repeat(22), &"x".repeat(23), &"x".repeat(24), &"語".repeat(300)];
        let words: Vec<Word> = texts.iter().map(|text| Word::from(*text)).collect();
        laws::check(&words);
        assert_eq!(words.iter().map(Word::to_string).collect::<Vec<_>>(), texts);
    }

    #[test]
    fn bytes_that_are_not_utf8_are_refused() {
        let message = Word::decode(b"mi\xffll").unwrap_err().to_string();
        assert!(message.contains("Word"), "{message}");
    }
}
