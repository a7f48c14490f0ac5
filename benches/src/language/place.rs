//! Where stores are.

use millstream_runtime::Streams;

/// Where stores are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    Memory,
    #[cfg(feature = "rocksdb")]
    RocksDb,
}

/// What the stores need while an application runs, such as a directory.
pub(super) struct Placed {
    pub(super) streams: Streams,
    #[cfg(feature = "rocksdb")]
    _directory: Option<tempfile::TempDir>,
}

impl Place {
    pub(super) fn all() -> Vec<Self> {
        vec![
            Self::Memory,
            #[cfg(feature = "rocksdb")]
            Self::RocksDb,
        ]
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            #[cfg(feature = "rocksdb")]
            Self::RocksDb => "RocksDB",
        }
    }

    /// Puts the stores of an application here.
    #[cfg(feature = "rocksdb")]
    pub(super) fn put(self, streams: Streams) -> Placed {
        use millstream_rocksdb::{RocksDb, RocksDbConfig};
        match self {
            Self::Memory => Placed { streams, _directory: None },
            Self::RocksDb => {
                let directory = tempfile::tempdir().expect("a directory for stores");
                let streams = streams.with_engines(RocksDb::new(RocksDbConfig::default()), directory.path());
                Placed { streams, _directory: Some(directory) }
            }
        }
    }

    /// Puts the stores of an application here.
    #[cfg(not(feature = "rocksdb"))]
    pub(super) fn put(self, streams: Streams) -> Placed {
        let Self::Memory = self;
        Placed { streams }
    }
}
