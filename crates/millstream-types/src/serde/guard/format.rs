//! The formats and their rules.

/// The maximum depth of a value in JSON, which is that of `serde_json`'s reader.
pub(in crate::serde) const JSON_DEPTH_MAX: u32 = 127;

/// The maximum depth of a value in bincode, counting lists, maps, structs, variants, wrappers and `Some`.
pub(in crate::serde) const BINCODE_DEPTH_MAX: u32 = 256;

/// The format that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::serde) enum Format {
    Json,
    Bincode,
}

impl Format {
    pub(super) fn depth_max(self) -> u32 {
        match self {
            Self::Json => JSON_DEPTH_MAX,
            Self::Bincode => BINCODE_DEPTH_MAX,
        }
    }
}
