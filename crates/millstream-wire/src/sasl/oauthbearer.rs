//! `OAUTHBEARER` (RFC 7628, KIP-255).

use super::fault::SaslFault;
use super::mechanism::Mechanism;
use super::token_cache::Origin;
use crate::security::Secret;

/// Sends a token.
pub(super) struct OauthBearer<'a> {
    pub(super) token: Secret,
    pub(super) origin: Origin,
    pub(super) extensions: &'a [(String, String)],
    /// The error that the broker has sent.
    pub(super) error: Option<String>,
}

impl Mechanism for OauthBearer<'_> {
    fn start(&mut self) -> Vec<u8> {
        let extensions: String = self.extensions.iter().map(|(name, value)| format!("{name}={value}\x01")).collect();
        format!("n,,\x01auth=Bearer {}\x01{extensions}\x01", self.token.reveal()).into_bytes()
    }

    fn step(&mut self, challenge: &[u8]) -> Result<Option<Vec<u8>>, SaslFault> {
        match self.error.take() {
            Some(why) => Err(self.refused(why)),
            None if challenge.is_empty() => Ok(None),
            // A description of the error, to which the RFC wants this as the response. The broker refuses then.
            None => {
                self.error = Some(String::from_utf8_lossy(challenge).into_owned());
                Ok(Some(vec![1]))
            }
        }
    }

    fn refused(&self, why: String) -> SaslFault {
        match self.origin {
            Origin::New => SaslFault::Token { why },
            Origin::Kept => SaslFault::KeptToken { why },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(extensions: &[(String, String)]) -> OauthBearer<'_> {
        let token = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==".into();
        OauthBearer { token, origin: Origin::New, extensions, error: None }
    }

    /// As in RFC 7628, section 4.1, with Kafka's extensions (KIP-342) for its host and port.
    #[test]
    fn the_token_is_sent_with_extensions() {
        let token = "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";
        assert_eq!(bearer(&[]).start(), format!("n,,\x01{token}\x01\x01").into_bytes());
        let extensions = [("host", "server"), ("port", "143")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let expected = format!("n,,\x01{token}\x01host=server\x01port=143\x01\x01");
        assert_eq!(bearer(&extensions).start(), expected.into_bytes());
        assert_eq!(bearer(&[]).step(b""), Ok(None));
    }

    /// RFC 7628, section 4.3.
    #[test]
    fn an_error_is_acknowledged_before_it_is_reported() {
        let mut bearer = bearer(&[]);
        let error = r#"{"status":"invalid_token","scope":"example_scope"}"#;
        assert_eq!(bearer.step(error.as_bytes()), Ok(Some(vec![1])));
        assert_eq!(bearer.step(b""), Err(SaslFault::Token { why: error.to_owned() }));
        assert!(bearer.refused(String::new()).is_final());
        bearer.origin = Origin::Kept;
        assert!(!bearer.refused(String::new()).is_final(), "the next attempt gets a new token");
    }
}
