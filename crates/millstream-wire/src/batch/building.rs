//! Makes batches as a producer sends them: one for each partition and request, with offsets from 0 on.
//!
//! A [`BatchBuilder`] takes records and ends as a [`Batch`]. That one is stamped with who sends it when it is known, and
//! may be taken apart again where a broker refuses it.

mod batch;
mod builder;
mod header;
mod record;
mod rewrite;

pub(crate) use self::batch::Batch;
pub(crate) use self::builder::BatchBuilder;
pub(crate) use self::header::Stamp;
pub(crate) use self::record::record_bytes_max;
