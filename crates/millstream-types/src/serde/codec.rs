//! Encodings that are chosen for a topic or store instead of by the type.

use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::{Data, SerdeError, short_type_name};

/// An encoding of `T` with its own state, such as the client of a schema registry, a key, or the size of windows.
///
/// The laws of [`Data`] apply to it. The topic is a parameter because schema registries need it.
///
/// # Examples
/// See [`Serde::new`].
pub trait Codec<T>: Send + Sync + 'static {
    /// Appends the encoding of `value` to `out`.
    ///
    /// # Errors
    /// When the value has no encoding.
    fn encode(&self, topic: &str, value: &T, out: &mut Vec<u8>) -> Result<(), SerdeError>;

    /// Reads a value from all of `bytes`.
    ///
    /// # Errors
    /// When `bytes` is not an encoding of a `T`. The implementation must not panic on any input.
    fn decode(&self, topic: &str, bytes: &[u8]) -> Result<T, SerdeError>;

    /// The number of bytes at the end of an encoding that are the window of a key; see [`Data::WINDOW_BYTES`].
    fn window_bytes(&self) -> usize {
        0
    }

    /// Whether [`decode`](Self::decode) reads what [`encode`](Self::encode) writes; see [`Data::READABLE`].
    fn is_readable(&self) -> bool {
        true
    }

    /// Whether it encodes sessions: windows with their ends. One that encloses another one has the sessions of that one, too.
    fn has_sessions(&self) -> bool {
        false
    }

    /// The name of the encoding. A store on disk keeps the names of its encodings and refuses to be opened with others, so
    /// each encoding needs a different name. By default it is the name of the codec's type, without its modules.
    fn name(&self) -> String {
        short_type_name(type_name::<Self>())
    }
}

/// The encoding that a topic or store uses for `T`: the type's own, or a [`Codec`]. It is cheap to clone.
///
/// # Examples
/// ```
/// use millstream_types::Serde;
///
/// let serde = Serde::<String>::of_type();
/// let mut bytes = Vec::new();
/// serde.encode("lines", &"hi".to_owned(), &mut bytes)?;
/// assert_eq!(serde.decode("lines", &bytes)?, "hi");
/// # Ok::<(), millstream_types::SerdeError>(())
/// ```
pub struct Serde<T> {
    codec: Arc<dyn Codec<T>>,
}

impl<T: 'static> Serde<T> {
    /// The encoding that `codec` defines.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::{Codec, Serde, SerdeError};
    ///
    /// /// Whole numbers as decimal text.
    /// struct AsText;
    ///
    /// impl Codec<u64> for AsText {
    ///     fn encode(&self, _topic: &str, value: &u64, out: &mut Vec<u8>) -> Result<(), SerdeError> {
    ///         out.extend_from_slice(value.to_string().as_bytes());
    ///         Ok(())
    ///     }
    ///
    ///     fn decode(&self, _topic: &str, bytes: &[u8]) -> Result<u64, SerdeError> {
    ///         let text = std::str::from_utf8(bytes).ok();
    ///         let number = text.and_then(|text| text.parse().ok());
    ///         number.ok_or_else(|| SerdeError::malformed("u64", "it is not a number", bytes))
    ///     }
    /// }
    ///
    /// let serde = Serde::new(AsText);
    /// assert_eq!(serde.decode("counts", b"42")?, 42);
    /// assert!(serde.decode("counts", b"4x").is_err());
    /// # Ok::<(), SerdeError>(())
    /// ```
    pub fn new(codec: impl Codec<T>) -> Self {
        Self { codec: Arc::new(codec) }
    }

    /// The type's own encoding.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::Serde;
    ///
    /// assert_eq!(Serde::<i64>::of_type().name(), "i64");
    /// ```
    #[must_use]
    pub fn of_type() -> Self
    where
        T: Data,
    {
        Self::new(OfType(PhantomData))
    }

    /// Appends the encoding of `value` to `out`.
    ///
    /// # Errors
    /// When the value has no encoding.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::Serde;
    ///
    /// let mut bytes = Vec::new();
    /// Serde::<i32>::of_type().encode("counts", &7, &mut bytes)?;
    /// assert_eq!(bytes, [0, 0, 0, 7]);
    /// # Ok::<(), millstream_types::SerdeError>(())
    /// ```
    pub fn encode(&self, topic: &str, value: &T, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        self.codec.encode(topic, value, out)
    }

    /// Reads a value from all of `bytes`.
    ///
    /// # Errors
    /// When `bytes` is not an encoding of a `T`.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::Serde;
    ///
    /// let serde = Serde::<i32>::of_type();
    /// assert_eq!(serde.decode("counts", &[0, 0, 0, 7])?, 7);
    /// assert_eq!(serde.decode("counts", &[7]).unwrap_err().to_string(), "i32 takes 4 bytes, but 1 came");
    /// # Ok::<(), millstream_types::SerdeError>(())
    /// ```
    pub fn decode(&self, topic: &str, bytes: &[u8]) -> Result<T, SerdeError> {
        self.codec.decode(topic, bytes)
    }

    /// The name of the encoding: the name of the type, or that of the [codec](Codec::name).
    ///
    /// # Examples
    /// ```
    /// use millstream_types::Serde;
    ///
    /// assert_eq!(Serde::<Vec<String>>::json().name(), "Vec<String> as JSON");
    /// assert_eq!(Serde::<String>::of_type().name(), "String");
    /// ```
    #[must_use]
    pub fn name(&self) -> String {
        self.codec.name()
    }

    /// Whether this serde reads what it writes; see [`Data::READABLE`].
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_types::{Serde, Windowed, windowed_serde};
    ///
    /// assert!(!Serde::<Windowed<String>>::of_type().is_readable());
    /// assert!(windowed_serde(Serde::<String>::of_type(), Duration::from_secs(10)).is_readable());
    /// ```
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.codec.is_readable()
    }

    /// The number of bytes at the end of an encoding that are the window of a key; see [`Data::WINDOW_BYTES`].
    #[must_use]
    pub fn window_bytes(&self) -> usize {
        self.codec.window_bytes()
    }

    /// Whether this serde encodes sessions, with their ends.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::{Serde, session_windowed_serde};
    ///
    /// assert!(session_windowed_serde(Serde::<String>::of_type()).has_sessions());
    /// assert!(!Serde::<String>::of_type().has_sessions());
    /// ```
    #[must_use]
    pub fn has_sessions(&self) -> bool {
        self.codec.has_sessions()
    }
}

impl<T> Clone for Serde<T> {
    fn clone(&self) -> Self {
        Self { codec: Arc::clone(&self.codec) }
    }
}

impl<T> fmt::Debug for Serde<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Serde<{}>", type_name::<T>())
    }
}

/// The codec of a type that implements [`Data`].
struct OfType<T>(PhantomData<fn() -> T>);

impl<T: Data> Codec<T> for OfType<T> {
    fn encode(&self, _topic: &str, value: &T, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        value.encode(out)
    }

    fn decode(&self, _topic: &str, bytes: &[u8]) -> Result<T, SerdeError> {
        T::decode(bytes)
    }

    fn name(&self) -> String {
        short_type_name(type_name::<T>())
    }

    fn is_readable(&self) -> bool {
        T::READABLE
    }

    fn window_bytes(&self) -> usize {
        T::WINDOW_BYTES
    }
}
