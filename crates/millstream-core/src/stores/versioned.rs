//! The declaration of a versioned store for processors.

use millstream_state::{VersionedOptions, VersionedStore};
use millstream_types::{Data, Serde};

use super::declared::Store;
use super::definition::ChangelogKind;

impl Store<()> {
    /// A store of the values of each key over time. Versions can be looked up and written until stream time has passed them by the
    /// history retention: a duration, or [`VersionedOptions`].
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::{Store, VersionedOptions};
    ///
    /// let day = Duration::from_secs(24 * 3_600);
    /// let prices = Store::versioned::<String, i64>("prices", day);
    /// let finer = VersionedOptions::retaining(day).with_segment_interval(Duration::from_secs(600));
    /// let rates = Store::versioned::<String, i64>("rates", finer);
    /// ```
    #[must_use]
    pub fn versioned<K: Data, V: Data>(
        name: &str,
        versions: impl Into<VersionedOptions>,
    ) -> Store<VersionedStore<K, V>> {
        Self::versioned_of(name, versions, Serde::of_type(), Serde::of_type())
    }

    /// [`versioned`](Self::versioned) with serdes other than the types' own.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::Store;
    /// # use millstream_types::Serde;
    /// let hour = Duration::from_secs(3_600);
    /// let prices = Store::versioned_of::<String, i64>("prices", hour, Serde::of_type(), Serde::of_type());
    /// ```
    #[must_use]
    pub fn versioned_of<K: Data, V: Data>(
        name: &str,
        versions: impl Into<VersionedOptions>,
        key_serde: Serde<K>,
        value_serde: Serde<V>,
    ) -> Store<VersionedStore<K, V>> {
        let versions = versions.into();
        let serdes = (key_serde.clone(), value_serde.clone());
        Store::new(name, serdes, ChangelogKind::versioned(versions), move |options, backing| {
            Box::new(VersionedStore::new(options, versions, key_serde.clone(), value_serde.clone(), backing))
        })
    }
}
