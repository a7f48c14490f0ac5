//! The cryptography of TLS.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

use super::TlsFault;

/// The provider that the program has installed for the whole process, or else that of the crate's features.
pub(crate) fn provider() -> Result<Arc<CryptoProvider>, TlsFault> {
    CryptoProvider::get_default().map_or_else(of_features, |installed| Ok(Arc::clone(installed)))
}

#[cfg(feature = "aws-lc")]
fn of_features() -> Result<Arc<CryptoProvider>, TlsFault> {
    Ok(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
}

#[cfg(all(feature = "ring", not(feature = "aws-lc")))]
fn of_features() -> Result<Arc<CryptoProvider>, TlsFault> {
    Ok(Arc::new(rustls::crypto::ring::default_provider()))
}

/// graviola aborts on a processor without the instructions that it uses.
#[cfg(all(
    feature = "graviola",
    any(target_arch = "x86_64", target_arch = "aarch64"),
    not(any(feature = "ring", feature = "aws-lc"))
))]
fn of_features() -> Result<Arc<CryptoProvider>, TlsFault> {
    if graviola::util::is_cpu_supported() {
        Ok(Arc::new(rustls_graviola::default_provider()))
    } else {
        Err(missing(
            "this processor lacks instructions that graviola needs (on x86_64 AES, PCLMULQDQ, BMI1, ADX and AVX2)",
        ))
    }
}

#[cfg(not(any(
    feature = "ring",
    feature = "aws-lc",
    all(feature = "graviola", any(target_arch = "x86_64", target_arch = "aarch64"))
)))]
fn of_features() -> Result<Arc<CryptoProvider>, TlsFault> {
    Err(missing("the program was built without cryptography for this processor"))
}

#[cfg(not(any(feature = "ring", feature = "aws-lc")))]
fn missing(why: &str) -> TlsFault {
    TlsFault::Settings(format!(
        "{why}; enable the feature `ring` or `aws-lc` of `millstream-wire`, or install a `CryptoProvider` of rustls"
    ))
}
