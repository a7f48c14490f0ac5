//! Builds batches as a producer sends them: one per partition and request, with offsets from 0 on.
//!
//! A [`BatchBuilder`] takes records and becomes a [`Batch`]. A batch gets its producer id and sequence number when it is
//! sent, and can be split if a broker refuses it.

mod batch;
mod builder;
mod header;
mod record;
mod rewrite;

pub(crate) use self::batch::Batch;
pub(crate) use self::builder::BatchBuilder;
pub(crate) use self::header::Stamp;
pub(crate) use self::record::record_bytes_max;
