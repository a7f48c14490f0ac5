//! Names of hosts that lead to brokers of tests, in place of a name server.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;

static NAMES: Mutex<BTreeMap<String, SocketAddr>> = Mutex::new(BTreeMap::new());

/// Lets a name lead to this port from now on.
pub(crate) fn set(name: &str, port: u16) {
    NAMES.lock().unwrap().insert(name.to_owned(), ([127, 0, 0, 1], port).into());
}

/// Where a name leads, if a test has set it.
pub(crate) fn find(name: &str) -> Option<SocketAddr> {
    NAMES.lock().unwrap().get(name).copied()
}
