//! What can be wrong with an authentication.

/// Why the client is not authenticated, with the remedy. Never has a password or a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SaslFault {
    /// The broker does not support the mechanism.
    #[error(
        "the broker does not support the SASL mechanism {mechanism}, but {offered}; set one of these as `sasl.mechanism`"
    )]
    Unsupported {
        /// The name of the mechanism.
        mechanism: &'static str,
        /// Those that the broker supports.
        offered: String,
    },
    /// The broker expects no SASL.
    #[error(
        "the broker does not expect SASL on this listener; connect to a port of a listener with SASL_SSL or SASL_PLAINTEXT, or set \
         `security.protocol` to `ssl` or `plaintext`"
    )]
    NotExpected,
    /// The broker does not accept the user.
    #[error("the broker does not authenticate {who}: {why}; check `sasl.username` and `sasl.password`")]
    User {
        /// The mechanism and the user.
        who: String,
        /// The broker's words.
        why: String,
    },
    /// The broker does not accept the token.
    #[error("the broker does not authenticate by OAUTHBEARER: {why}; check what the token's function returns")]
    Token {
        /// The broker's words.
        why: String,
    },
    /// The broker does not accept a token that it, or another broker, has accepted before. The next attempt gets a new one.
    #[error(
        "the broker does not authenticate by OAUTHBEARER with a token that is still kept: {why}; check how long tokens are said to live"
    )]
    KeptToken {
        /// The broker's words.
        why: String,
    },
    /// The broker refuses with another error.
    #[error("the broker refuses the authentication: error {code}{why}")]
    Refused {
        /// Kafka's number for the error.
        code: i16,
        /// The broker's words.
        why: String,
    },
    /// The broker has not proved that it knows the user.
    #[error("the broker's part of {who} is wrong: {what}; if this persists, something else than the broker responds")]
    Broker {
        /// The mechanism and the user.
        who: String,
        /// What is wrong.
        what: &'static str,
    },
    /// There is no token.
    #[error("there is no token for OAUTHBEARER: {why}")]
    NoToken {
        /// What the token's function says.
        why: String,
    },
    /// The system has no randomness.
    #[error("the system provides no random numbers for SASL")]
    NoRandomness,
}

impl SaslFault {
    /// Whether a retry cannot succeed before someone changes settings or users.
    pub(crate) fn is_final(&self) -> bool {
        !matches!(self, Self::KeptToken { .. } | Self::NoToken { .. } | Self::Refused { .. } | Self::NoRandomness)
    }
}
