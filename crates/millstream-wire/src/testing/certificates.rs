//! Certificates for tests.

use graviola::hashing::Sha256;
use graviola::signing::ecdsa;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyIdMethod, PKCS_ECDSA_P256_SHA256, PublicKeyData, SerialNumber, SignatureAlgorithm, SigningKey, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// The length of what stands before the point in the encoding of a public key.
const POINT_AT: usize = 26;

/// A key whose signatures need no C.
struct TestKey {
    key: ecdsa::SigningKey<ecdsa::P256>,
    public: Vec<u8>,
}

impl TestKey {
    fn new() -> Self {
        let key = ecdsa::SigningKey::generate().unwrap();
        let public = key.to_spki_der(&mut [0; 256]).unwrap()[POINT_AT..].to_vec();
        Self { key, public }
    }
}

impl PublicKeyData for TestKey {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

impl SigningKey for TestKey {
    fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(self.key.sign_asn1::<Sha256>(&[bytes], &mut [0; 128]).unwrap().to_vec())
    }
}

/// Signs certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, TestKey>);

/// A certificate with its key.
pub(crate) struct Issued {
    pub(crate) certificate: String,
    pub(crate) key: String,
    chain: Vec<CertificateDer<'static>>,
    key_der: PrivatePkcs8KeyDer<'static>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = params(&[], name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, TestKey::new()).unwrap())
    }

    /// Its own certificate.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for a server with these names, for now.
    pub(crate) fn server(&self, names: &[&str]) -> Issued {
        self.issue(params(names, "server"))
    }

    /// The same for 127.0.0.1 in these years.
    pub(crate) fn server_in(&self, from: i32, until: i32) -> Issued {
        let mut params = params(&["127.0.0.1"], "server");
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(until, 1, 1));
        self.issue(params)
    }

    pub(crate) fn client(&self, name: &str) -> Issued {
        let mut params = params(&[], name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(params)
    }

    /// A certificate for 127.0.0.1 that is that of an authority.
    pub(crate) fn authority(&self) -> Issued {
        let mut params = params(&["127.0.0.1"], "authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        self.issue(params)
    }

    fn issue(&self, params: CertificateParams) -> Issued {
        let key = TestKey::new();
        Issued::new(&params.signed_by(&key, &self.0).unwrap(), &key)
    }
}

/// A certificate for 127.0.0.1 that no authority has signed.
pub(crate) fn self_signed() -> Issued {
    let key = TestKey::new();
    Issued::new(&params(&["127.0.0.1"], "alone").self_signed(&key).unwrap(), &key)
}

impl Issued {
    fn new(certificate: &Certificate, key: &TestKey) -> Self {
        let key_der = PrivatePkcs8KeyDer::from(key.key.to_pkcs8_der(&mut [0; 512]).unwrap().to_vec());
        let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, key_der.secret_pkcs8_der());
        Self {
            certificate: certificate.pem(),
            key: format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----\n"),
            chain: vec![certificate.der().clone()],
            key_der,
        }
    }

    /// For rustls.
    pub(crate) fn der(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        (self.chain.clone(), self.key_der.clone_key().into())
    }
}

fn params(names: &[&str], name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.serial_number = Some(SerialNumber::from(7));
    params.key_identifier_method = KeyIdMethod::PreSpecified(vec![7; 20]);
    params
}
