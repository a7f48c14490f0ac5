//! Reading certificates and keys in the PEM format.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pkcs8::EncryptedPrivateKeyInfoRef;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::{Pem, Secret};

/// What tells that a file has changed: its modification time and size, if it is there.
pub(super) type Stamp = (PathBuf, Option<(SystemTime, u64)>);

const ENCRYPTED_BEGIN: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
const ENCRYPTED_END: &str = "-----END ENCRYPTED PRIVATE KEY-----";

/// The beginning of a header of keys that were encrypted before there was PKCS#8.
const OLD_ENCRYPTION: &str = "Proc-Type: 4,ENCRYPTED";

impl Pem {
    /// The stamp of the file, or of each file in the directory.
    pub(super) fn stamps(&self) -> Vec<Stamp> {
        let files = match self {
            Self::Text(_) => Vec::new(),
            Self::File(path) if path.is_dir() => files_in(path).unwrap_or_default(),
            Self::File(path) => vec![path.clone()],
        };
        files.into_iter().map(stamp).collect()
    }

    /// The certificates, of which there must be one.
    pub(crate) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, String> {
        let mut found = Vec::new();
        for text in self.texts()? {
            for certificate in CertificateDer::pem_slice_iter(text.as_bytes()) {
                found.push(certificate.map_err(|error| format!("{} is not valid PEM: {error}", self.name()))?);
            }
        }
        if found.is_empty() {
            return Err(format!("{} has no certificate (`-----BEGIN CERTIFICATE-----`)", self.name()));
        }
        Ok(found)
    }

    /// The key.
    pub(super) fn key(&self, password: Option<&Secret>) -> Result<PrivateKeyDer<'static>, String> {
        let text = self.texts()?.concat();
        let read = if text.contains(OLD_ENCRYPTION) {
            Err("is encrypted in an old way (`Proc-Type: 4,ENCRYPTED`); convert it with \
                 `openssl pkcs8 -topk8 -in OLD.pem -out NEW.pem`"
                .to_owned())
        } else if text.contains(ENCRYPTED_BEGIN) {
            decrypt(&text, password)
        } else {
            let read = PrivateKeyDer::from_pem_slice(text.as_bytes());
            read.map_err(|_| "has no private key (`-----BEGIN PRIVATE KEY-----`)".to_owned())
        };
        read.map_err(|why| format!("{} {why}", self.name()))
    }

    /// What it is called in errors.
    fn name(&self) -> String {
        match self {
            Self::File(path) => format!("`{}`", path.display()),
            Self::Text(_) => "the given PEM text".to_owned(),
        }
    }

    fn texts(&self) -> Result<Vec<String>, String> {
        match self {
            Self::Text(text) => Ok(vec![text.reveal().to_owned()]),
            Self::File(path) if path.is_dir() => files_in(path)?.iter().map(|path| read(path)).collect(),
            Self::File(path) => Ok(vec![read(path)?]),
        }
    }
}

fn stamp(path: PathBuf) -> Stamp {
    let metadata = fs::metadata(&path).ok();
    let stamp = metadata.and_then(|metadata| Some((metadata.modified().ok()?, metadata.len())));
    (path, stamp)
}

fn read(path: &Path) -> Result<String, String> {
    let bytes = fs::read(path).map_err(|error| format!("`{}` cannot be read: {error}", path.display()))?;
    // PEM is ASCII; comments between its sections may be anything.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn files_in(directory: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error| format!("`{}` cannot be read: {error}", directory.display());
    let entries = fs::read_dir(directory).map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let mut files: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).filter(|path| path.is_file()).collect();
    files.sort();
    Ok(files)
}

fn decrypt(text: &str, password: Option<&Secret>) -> Result<PrivateKeyDer<'static>, String> {
    let Some(password) = password else { return Err("is encrypted; set `ssl.key.password`".to_owned()) };
    let body = text.split_once(ENCRYPTED_BEGIN).and_then(|(_, rest)| rest.split_once(ENCRYPTED_END));
    let body: String = body.map_or("", |(body, _)| body).split_whitespace().collect();
    let der = STANDARD.decode(body).map_err(|_| "is not valid PEM".to_owned())?;
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(der.as_slice()).map_err(|_| {
        "is encrypted in an unknown way; convert it with `openssl pkcs8 -topk8 -v2 aes-256-cbc`".to_owned()
    })?;
    let key = encrypted.decrypt(password.reveal()).map_err(|_| {
        "cannot be decrypted: `ssl.key.password` is wrong, or its encryption is not supported; the latter is converted \
         with `openssl pkcs8 -topk8 -v2 aes-256-cbc`"
            .to_owned()
    })?;
    Ok(PrivatePkcs8KeyDer::from(key.as_bytes().to_vec()).into())
}
