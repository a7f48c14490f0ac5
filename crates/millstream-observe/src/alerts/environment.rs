//! The environment variables of alerts, and the errors about them.

use std::env::{self, VarError};

/// The environment variable that names the receiver.
pub(super) const URL_VARIABLE: &str = "MILLSTREAM_ALERT_URL";
/// The environment variable that holds the receiver's token.
pub(super) const TOKEN_VARIABLE: &str = "MILLSTREAM_ALERT_TOKEN";

/// The configuration of alerts is invalid. The messages show neither the URL nor the token.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AlertConfigError {
    /// The text is not a URL.
    #[error("the alert URL ({URL_VARIABLE}) is not a URL; write it as https://host/path")]
    NotAUrl,
    /// The URL has another scheme.
    #[error("the alert URL ({URL_VARIABLE}) must begin with http:// or https://")]
    Scheme,
    /// The URL begins with `https://`, and the program was built without the feature `https-alerts`.
    #[error(
        "the alert URL ({URL_VARIABLE}) begins with https://; build the program with millstream's feature `https-alerts`"
    )]
    HttpsMissing,
    /// The URL begins with `https://`, and the program has no cryptography for this processor.
    #[error(
        "the alert URL ({URL_VARIABLE}) begins with https://, and this program has no cryptography for this processor; build it with \
         millstream's feature `graviola` (aarch64, or x86_64 with AES, PCLMULQDQ, BMI1, ADX and AVX2), `ring` or `aws-lc`, or let it \
         install a `CryptoProvider` of rustls first"
    )]
    CryptographyMissing,
    /// The variable is set and the program was built without the feature `alerts`.
    #[error(
        "the environment variable {variable} is set, but this program was built without alerts; build it with \
         millstream's feature `alerts`, or unset the variable"
    )]
    AlertsMissing {
        /// The name of the variable.
        variable: &'static str,
    },
    /// The URL contains a user name or password.
    #[error("the alert URL ({URL_VARIABLE}) must not hold a user or password; put a token into {TOKEN_VARIABLE}")]
    UserInfo,
    /// The token has characters that are not valid in a header.
    #[error("the alert token ({TOKEN_VARIABLE}) must be printable ASCII without line breaks")]
    Token,
    /// The variable is not valid Unicode.
    #[error("the environment variable {variable} is not valid Unicode")]
    NotUnicode {
        /// The name of the variable.
        variable: &'static str,
    },
}

millstream_types::debug_as_sentence!(AlertConfigError);

/// The value of a variable; `None` if it is not set or blank.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub(super) fn read(variable: &'static str) -> Result<Option<String>, AlertConfigError> {
    match env::var(variable) {
        Ok(value) => Ok(Some(value).filter(|value| !value.trim().is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(AlertConfigError::NotUnicode { variable }),
    }
}

/// An error if a variable is set, for programs that are built without alerts.
#[cfg(any(test, not(feature = "alerts")))]
pub(super) fn refuse(
    read: impl Fn(&'static str) -> Result<Option<String>, AlertConfigError>,
) -> Result<(), AlertConfigError> {
    for variable in [URL_VARIABLE, TOKEN_VARIABLE] {
        if read(variable)?.is_some() {
            return Err(AlertConfigError::AlertsMissing { variable });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_feature_a_variable_that_is_set_is_an_error_that_names_both() {
        for variable in [URL_VARIABLE, TOKEN_VARIABLE] {
            let refused = refuse(|name| Ok((name == variable).then(|| "https://host/s3cret".to_owned())));
            let text = refused.map_or_else(|error| error.to_string(), |()| String::new());
            assert!(text.contains(variable) && text.contains("`alerts`") && !text.contains("s3cret"), "{text}");
        }
        assert_eq!(refuse(|_| Ok(None)), Ok(()));
    }
}
