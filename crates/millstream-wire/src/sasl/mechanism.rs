//! What a mechanism of SASL does.

use super::fault::SaslFault;

/// One authentication by a mechanism of SASL. It does no I/O: the caller passes on what it returns.
pub(super) trait Mechanism {
    /// The first message to the broker.
    fn start(&mut self) -> Vec<u8>;

    /// Takes the broker's message. Returns the next one to the broker; `None` if the mechanism has ended successfully.
    fn step(&mut self, challenge: &[u8]) -> Result<Option<Vec<u8>>, SaslFault>;

    /// What it means that the broker has refused, with these words.
    fn refused(&self, why: String) -> SaslFault;
}
