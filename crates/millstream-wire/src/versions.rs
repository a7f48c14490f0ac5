//! The versions of requests that a broker supports.

use millstream_protocol::Request;
use millstream_protocol::messages::ApiVersionsResponse;

use crate::error::LinkError;
use crate::frame::Api;

/// The requests that a broker supports: keys, with the oldest and the newest version.
#[derive(Clone, Debug, Default)]
pub(crate) struct SupportedVersions(Vec<(i16, i16, i16)>);

impl SupportedVersions {
    /// Takes them from the response of a broker.
    ///
    /// # Errors
    /// When the broker has refused the request.
    pub(crate) fn of(response: &ApiVersionsResponse) -> Result<Self, LinkError> {
        if response.error_code != 0 {
            return Err(LinkError::Refused { code: response.error_code });
        }
        Ok(Self(response.api_keys.iter().map(|api| (api.api_key, api.min_version, api.max_version)).collect()))
    }

    /// The newest version of a request that both sides support.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn newest<R: Request>(&self) -> Result<i16, LinkError> {
        let version = self.newest_in(R::API_KEY, (R::OLDEST, R::NEWEST));
        version.ok_or_else(|| self.unfit(R::NAME, R::API_KEY, (R::OLDEST, R::NEWEST)))
    }

    /// Checks that the broker supports a request in its only version here.
    ///
    /// # Errors
    /// When it does not.
    pub(crate) fn check(&self, api: Api) -> Result<(), LinkError> {
        let versions = (api.version, api.version);
        let version = self.newest_in(api.key, versions);
        version.map(drop).ok_or_else(|| self.unfit(api.name, api.key, versions))
    }

    fn newest_in(&self, key: i16, (oldest, newest): (i16, i16)) -> Option<i16> {
        let (_, oldest_there, newest_there) = *self.of_key(key)?;
        let version = newest.min(newest_there);
        (version >= oldest.max(oldest_there)).then_some(version)
    }

    fn unfit(&self, api: &'static str, key: i16, (oldest, newest): (i16, i16)) -> LinkError {
        let supported = self.of_key(key).map_or("none".to_owned(), |(_, oldest, newest)| range(*oldest, *newest));
        LinkError::Unfit { api, needed: range(oldest, newest), supported }
    }

    fn of_key(&self, key: i16) -> Option<&(i16, i16, i16)> {
        self.0.iter().find(|(of, ..)| *of == key)
    }
}

fn range(oldest: i16, newest: i16) -> String {
    if oldest == newest { oldest.to_string() } else { format!("{oldest} to {newest}") }
}
