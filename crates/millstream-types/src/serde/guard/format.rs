//! The formats and their rules.

/// How deep a value in JSON may be nested: the deepest that `serde_json` reads.
pub(in crate::serde) const JSON_DEPTH_MAX: u32 = 127;

/// How deep a value in bincode may be nested, counting lists, maps, structs, variants, wrappers and `Some`.
pub(in crate::serde) const BINCODE_DEPTH_MAX: u32 = 256;

/// The format that is written, for its rules.
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
