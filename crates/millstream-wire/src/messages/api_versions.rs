//! Which requests a broker understands.

use std::io::Read;

use super::{fetch, init_producer_id, metadata, produce};
use crate::error::LinkError;
use crate::frame::{Api, RequestFrame, ResponseFrame};

/// The version that every broker understands, whatever it is.
pub(crate) const API: Api = Api { key: 18, version: 0, is_flexible: false };

/// What a reader needs.
pub(crate) const READER: Needed = &[("Fetch", fetch::API), ("Metadata", metadata::API)];

/// What a writer needs. Brokers of 4.0 and newer announce `Produce` from version 0, of which 3 is the first that they know.
pub(crate) const WRITER: Needed =
    &[("Produce", produce::API), ("InitProducerId", init_producer_id::API), ("Metadata", metadata::API)];

/// The requests that a broker must understand, by their names.
pub(crate) type Needed = &'static [(&'static str, Api)];

/// A key and two versions.
const ENTRY_BYTES: usize = 6;

/// Asks for all that the broker understands.
pub(crate) fn request(correlation: i32, client_id: &str) -> Vec<u8> {
    RequestFrame::new(API, correlation, client_id).finish()
}

/// Reads the response.
///
/// # Errors
/// When the broker lacks what is needed.
pub(crate) fn check<R: Read>(mut response: ResponseFrame<R>, needed: Needed) -> Result<(), LinkError> {
    let code = response.int16()?;
    if code != 0 {
        return Err(LinkError::Refused { code });
    }
    let mut spoken = Vec::new();
    for _ in 0..response.count_of_four_bytes(ENTRY_BYTES)? {
        spoken.push((response.int16()?, response.int16()?, response.int16()?));
    }
    response.end()?;
    needed.iter().try_for_each(|(name, api)| check_one(name, *api, &spoken))
}

fn check_one(name: &'static str, api: Api, spoken: &[(i16, i16, i16)]) -> Result<(), LinkError> {
    let known = spoken.iter().find(|(key, ..)| *key == api.key);
    if known.is_some_and(|(_, oldest, newest)| (*oldest..=*newest).contains(&api.version)) {
        return Ok(());
    }
    let speaks = known.map_or("none".to_owned(), |(_, oldest, newest)| format!("{oldest} to {newest}"));
    Err(LinkError::Unfit { api: name, version: api.version, speaks })
}
