//! `PLAIN` (RFC 4616).

use super::fault::SaslFault;
use super::mechanism::Mechanism;
use crate::security::Secret;

/// Sends the user and the password.
pub(super) struct Plain<'a> {
    pub(super) user: &'a str,
    pub(super) password: &'a Secret,
}

impl Mechanism for Plain<'_> {
    fn start(&mut self) -> Vec<u8> {
        // Without an identity to act for.
        format!("\0{}\0{}", self.user, self.password.reveal()).into_bytes()
    }

    fn step(&mut self, _challenge: &[u8]) -> Result<Option<Vec<u8>>, SaslFault> {
        Ok(None)
    }

    fn refused(&self, why: String) -> SaslFault {
        SaslFault::User { who: format!("PLAIN for the user `{}`", self.user), why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 4616, section 4.
    #[test]
    fn the_example_of_the_rfc() {
        let password = Secret::from("tanstaaftanstaaf");
        let mut plain = Plain { user: "tim", password: &password };
        assert_eq!(plain.start(), b"\0tim\0tanstaaftanstaaf");
        assert_eq!(plain.step(b""), Ok(None));
    }
}
