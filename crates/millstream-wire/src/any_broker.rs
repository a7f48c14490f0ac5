//! A request that any broker can answer, made on a thread of its own.

use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

use millstream_log::Signal;

use crate::connection::{Address, Connection, spawn};
use crate::error::LinkError;
use crate::messages::api_versions::Needed;
use crate::settings::ClientSettings;

/// A request that is under way.
pub(crate) struct AnyBrokerRequest<T>(Receiver<Result<T, LinkError>>);

impl<T: Send + 'static> AnyBrokerRequest<T> {
    /// Asks one address after the other until one responds; the signal is raised then, or when none does.
    pub(crate) fn begin(
        addresses: Vec<Address>,
        settings: &ClientSettings,
        needed: Needed,
        signal: &Signal,
        ask: impl Fn(&mut Connection, &ClientSettings) -> Result<T, LinkError> + Send + 'static,
    ) -> Self {
        let (teller, events) = sync_channel(1);
        let (settings, signal) = (settings.clone(), signal.clone());
        spawn("millstream-ask", move || {
            // The request may have been dropped.
            if teller.send(ask_any(&addresses, &settings, needed, ask)).is_ok() {
                signal.raise();
            }
        });
        Self(events)
    }

    /// The response, once it is there.
    pub(crate) fn poll(&self) -> Option<Result<T, LinkError>> {
        match self.0.try_recv() {
            Ok(response) => Some(response),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(LinkError::Garbled { what: "its reader is gone" })),
        }
    }
}

fn ask_any<T>(
    addresses: &[Address],
    settings: &ClientSettings,
    needed: Needed,
    ask: impl Fn(&mut Connection, &ClientSettings) -> Result<T, LinkError>,
) -> Result<T, LinkError> {
    let mut failed = LinkError::Garbled { what: "there is no address to ask" };
    for address in addresses {
        match Connection::open(address, settings, needed).and_then(|mut connection| ask(&mut connection, settings)) {
            Ok(response) => return Ok(response),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}
