//! The cryptography of TLS, for receivers with `https://`.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

use super::environment::AlertConfigError;

/// The provider that the program has installed for the whole process, or else that of the features.
pub(super) fn provider() -> Result<Arc<CryptoProvider>, AlertConfigError> {
    CryptoProvider::get_default().map_or_else(of_features, |installed| Ok(Arc::clone(installed)))
}

#[cfg(feature = "aws-lc")]
#[expect(clippy::unnecessary_wraps, reason = "other builds fail")]
fn of_features() -> Result<Arc<CryptoProvider>, AlertConfigError> {
    Ok(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
}

#[cfg(all(feature = "ring", not(feature = "aws-lc")))]
#[expect(clippy::unnecessary_wraps, reason = "other builds fail")]
fn of_features() -> Result<Arc<CryptoProvider>, AlertConfigError> {
    Ok(Arc::new(rustls::crypto::ring::default_provider()))
}

/// graviola aborts on a processor without the instructions that it uses.
#[cfg(all(
    feature = "graviola",
    any(target_arch = "x86_64", target_arch = "aarch64"),
    not(any(feature = "ring", feature = "aws-lc"))
))]
fn of_features() -> Result<Arc<CryptoProvider>, AlertConfigError> {
    let is_supported = graviola::util::is_cpu_supported();
    is_supported.then(|| Arc::new(rustls_graviola::default_provider())).ok_or(AlertConfigError::CryptographyMissing)
}

#[cfg(not(any(
    feature = "ring",
    feature = "aws-lc",
    all(feature = "graviola", any(target_arch = "x86_64", target_arch = "aarch64"))
)))]
fn of_features() -> Result<Arc<CryptoProvider>, AlertConfigError> {
    Err(AlertConfigError::CryptographyMissing)
}
