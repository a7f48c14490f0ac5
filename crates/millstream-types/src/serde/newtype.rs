//! The macro for the wrappers `Json<T>` and `Bincode<T>`.

/// Defines a transparent wrapper of any type that serde supports. It implements `Data` with the `encode_readable` and `decode`
/// of a module.
macro_rules! serde_newtype {
    ($(#[$doc:meta])* $name:ident, through $module:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name<T>(
            /// The wrapped value.
            pub T,
        );

        impl<T> From<T> for $name<T> {
            fn from(value: T) -> Self {
                Self(value)
            }
        }

        impl<T> std::ops::Deref for $name<T> {
            type Target = T;

            fn deref(&self) -> &T {
                &self.0
            }
        }

        impl<T> std::ops::DerefMut for $name<T> {
            fn deref_mut(&mut self) -> &mut T {
                &mut self.0
            }
        }

        impl<T> $crate::Data for $name<T>
        where
            T: ::serde::Serialize + ::serde::de::DeserializeOwned + Clone + Send + Sync + 'static,
        {
            fn encode(&self, out: &mut Vec<u8>) -> Result<(), $crate::SerdeError> {
                $module::encode_readable(&self.0, out)
            }

            fn decode(bytes: &[u8]) -> Result<Self, $crate::SerdeError> {
                $module::decode(bytes).map(Self)
            }
        }
    };
}

pub(super) use serde_newtype;
