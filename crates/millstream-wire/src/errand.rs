//! Looks up who leads which partition.

use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::Duration;

use millstream_log::Signal;
use millstream_types::Topic;

use crate::connection::{Address, Connection};
use crate::error::LinkError;
use crate::link::spawn;
use crate::messages::metadata::Cluster;

/// A look-up that is under way, on a thread of its own.
pub(crate) struct Lookup(Receiver<Result<Cluster, LinkError>>);

impl Lookup {
    /// Asks one address after the other until one answers; the signal is raised then, or when none does.
    pub(crate) fn begin(
        addresses: Vec<Address>,
        topics: Vec<Topic>,
        client_id: String,
        answer_within: Duration,
        signal: &Signal,
    ) -> Self {
        let (teller, told) = sync_channel(1);
        let signal = signal.clone();
        spawn("millstream-look-up", move || {
            // Nobody waits any more for a look-up that was dropped.
            if teller.send(ask(&addresses, &topics, &client_id, answer_within)).is_ok() {
                signal.raise();
            }
        });
        Self(told)
    }

    /// What was found, once it is.
    pub(crate) fn poll(&self) -> Option<Result<Cluster, LinkError>> {
        match self.0.try_recv() {
            Ok(found) => Some(found),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(LinkError::Garbled { what: "its reader is gone" })),
        }
    }
}

fn ask(
    addresses: &[Address],
    topics: &[Topic],
    client_id: &str,
    answer_within: Duration,
) -> Result<Cluster, LinkError> {
    let mut failed = LinkError::Garbled { what: "there is no address to ask" };
    for address in addresses {
        let found = Connection::open(address, client_id, answer_within)
            .and_then(|mut connection| connection.cluster(client_id, topics));
        match found {
            // A broker that has just started knows of no other, not even of itself.
            Ok(cluster) if cluster.brokers.is_empty() => {
                failed = LinkError::Garbled { what: "the broker knows of no brokers yet" };
            }
            Ok(cluster) => return Ok(cluster),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}
