//! `ApiVersions`: which requests a broker supports.

use std::io::Read;

use millstream_protocol::Request;

use super::{fetch, init_producer_id, metadata, produce};
use crate::error::LinkError;
use crate::frame::{Api, RequestFrame, ResponseFrame};

/// Version 0, which every broker supports.
pub(crate) const API: Api = Api { key: 18, version: 0, is_flexible: false };

/// The requests of a fetcher.
pub(crate) const READER: Needed = &[("Fetch", fetch::API), ("Metadata", metadata::API)];

/// The requests of a producer. Brokers of 4.0 and newer announce `Produce` from version 0 on, though they support it only
/// from version 3 on.
pub(crate) const WRITER: Needed =
    &[("Produce", produce::API), ("InitProducerId", init_producer_id::API), ("Metadata", metadata::API)];

/// The requests that a broker must support, with their names.
pub(crate) type Needed = &'static [(&'static str, Api)];

/// The size of an entry: a key and two versions.
const ENTRY_BYTES: usize = 6;

/// Writes the request.
pub(crate) fn request(correlation: i32, client_id: &str) -> Vec<u8> {
    RequestFrame::new(API, correlation, client_id).finish()
}

/// The versions of the requests that a broker supports: keys, with the oldest and the newest version.
pub(crate) type Supported = Vec<(i16, i16, i16)>;

/// Reads the response, and checks that the broker supports what is needed.
///
/// # Errors
/// When it does not.
pub(crate) fn check<R: Read>(mut response: ResponseFrame<R>, needed: Needed) -> Result<Supported, LinkError> {
    let code = response.int16()?;
    if code != 0 {
        return Err(LinkError::Refused { code });
    }
    let mut supported = Supported::new();
    for _ in 0..response.count_of_four_bytes(ENTRY_BYTES)? {
        supported.push((response.int16()?, response.int16()?, response.int16()?));
    }
    response.end()?;
    needed.iter().try_for_each(|(name, api)| check_one(name, *api, &supported))?;
    Ok(supported)
}

/// The newest version of a request that both sides support.
///
/// # Errors
/// When there is none.
pub(crate) fn newest<R: Request>(supported: &Supported) -> Result<i16, LinkError> {
    let known = supported.iter().find(|(key, ..)| *key == R::API_KEY);
    let version = known.map_or(-1, |(_, _, newest)| R::NEWEST.min(*newest));
    if known.is_some_and(|(_, oldest, _)| version >= R::OLDEST.max(*oldest)) {
        return Ok(version);
    }
    Err(LinkError::Unfit { api: R::NAME, needed: versions(R::OLDEST, R::NEWEST), supported: text(known) })
}

fn check_one(name: &'static str, api: Api, supported: &Supported) -> Result<(), LinkError> {
    let known = supported.iter().find(|(key, ..)| *key == api.key);
    if known.is_some_and(|(_, oldest, newest)| (*oldest..=*newest).contains(&api.version)) {
        return Ok(());
    }
    Err(LinkError::Unfit { api: name, needed: versions(api.version, api.version), supported: text(known) })
}

fn text(known: Option<&(i16, i16, i16)>) -> String {
    known.map_or("none".to_owned(), |(_, oldest, newest)| versions(*oldest, *newest))
}

fn versions(oldest: i16, newest: i16) -> String {
    if oldest == newest { oldest.to_string() } else { format!("{oldest} to {newest}") }
}
