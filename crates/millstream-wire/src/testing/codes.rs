//! The numbers of requests and errors that the brokers know.

pub(crate) const PRODUCE: i16 = 0;
pub(crate) const FETCH: i16 = 1;
pub(crate) const METADATA: i16 = 3;
pub(crate) const API_VERSIONS: i16 = 18;
pub(crate) const SASL_HANDSHAKE: i16 = 17;
pub(crate) const INIT_PRODUCER_ID: i16 = 22;
pub(crate) const SASL_AUTHENTICATE: i16 = 36;

pub(super) const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
pub(super) const NOT_LEADER: i16 = 6;
/// The code that the protocol defines. Brokers from 2.8 to 4 respond with 45, as if a batch were missing.
pub(super) const DUPLICATE_SEQUENCE: i16 = 46;
