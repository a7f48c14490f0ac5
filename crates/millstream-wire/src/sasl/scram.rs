//! `SCRAM-SHA-256` and `SCRAM-SHA-512` (RFC 5802, RFC 7677, KIP-84), without channel binding.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::fault::SaslFault;
use super::mechanism::Mechanism;
use super::scram_hash::ScramHash;
use crate::security::Secret;

/// With fewer, RFC 7677 does not trust the salted password; Kafka creates none.
const ITERATIONS_MIN: u32 = 4_096;

/// A tenth of a second of processor time. Kafka creates at most 16,384; something else than a broker could keep clients busy.
const ITERATIONS_MAX: u32 = 131_072;

/// Header of the first message: no channel binding, no identity to act for.
const HEADER: &str = "n,,";

/// How many salted passwords are kept: brokers of a cluster have the same one, and a changed password has another.
const SALTED_MAX: usize = 4;

/// One authentication.
pub(super) struct Scram<'a> {
    hash: ScramHash,
    user: &'a str,
    password: &'a Secret,
    nonce: String,
    salted: &'a SaltedPasswords,
    state: State,
}

enum State {
    AwaitsFirst,
    /// The signature by which the broker proves that it knows the user.
    AwaitsFinal {
        signature: Vec<u8>,
    },
}

/// Salted passwords by salt and iterations. Computing one takes milliseconds, by design.
#[derive(Default)]
pub(super) struct SaltedPasswords(Mutex<VecDeque<(Vec<u8>, u32, Vec<u8>)>>);

impl fmt::Debug for SaltedPasswords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

impl<'a> Scram<'a> {
    /// The nonce is random, and has no comma.
    pub(super) fn new(
        hash: ScramHash,
        user: &'a str,
        password: &'a Secret,
        nonce: String,
        salted: &'a SaltedPasswords,
    ) -> Self {
        Self { hash, user, password, nonce, salted, state: State::AwaitsFirst }
    }

    fn bare(&self) -> String {
        format!("n={},r={}", self.user.replace('=', "=3D").replace(',', "=2C"), self.nonce)
    }

    /// Computes the proof for the broker's first message, and the signature that its last one must have.
    fn prove(&self, first: &str) -> Result<(String, Vec<u8>), SaslFault> {
        let ServerFirst { nonce, salt, iterations } = ServerFirst::parse(first).map_err(|what| self.fault(what))?;
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err(self.fault("its nonce does not extend the one that it got"));
        }
        if !(ITERATIONS_MIN..=ITERATIONS_MAX).contains(&iterations) {
            return Err(self.fault("the number of iterations is not from 4,096 to 131,072"));
        }
        let salted = self.salted.get(self.hash, self.password, &salt, iterations);
        let without_proof = format!("c={},r={nonce}", STANDARD.encode(HEADER));
        let signed = format!("{},{first},{without_proof}", self.bare());
        let client_key = self.hash.hmac(&salted, b"Client Key");
        let client_signature = self.hash.hmac(&self.hash.hash(&client_key), signed.as_bytes());
        let proof: Vec<u8> = client_key.iter().zip(client_signature).map(|(key, signature)| key ^ signature).collect();
        let server_key = self.hash.hmac(&salted, b"Server Key");
        let signature = self.hash.hmac(&server_key, signed.as_bytes());
        Ok((format!("{without_proof},p={}", STANDARD.encode(proof)), signature))
    }

    /// Checks the broker's last message.
    fn verify(&self, last: &str, expected: &[u8]) -> Result<(), SaslFault> {
        if let Some(why) = last.strip_prefix("e=") {
            return Err(self.refused(why.to_owned()));
        }
        let signature = attribute(last.split(',').next(), "v=").and_then(|text| STANDARD.decode(text).ok());
        match signature {
            Some(signature) if are_same(&signature, expected) => Ok(()),
            Some(_) => Err(self.fault("its signature is wrong, so it does not know the password")),
            None => Err(self.fault("its last message has no signature")),
        }
    }

    fn who(&self) -> String {
        format!("{} for the user `{}`", self.hash.mechanism(), self.user)
    }

    fn fault(&self, what: &'static str) -> SaslFault {
        SaslFault::Broker { who: self.who(), what }
    }
}

impl Mechanism for Scram<'_> {
    fn start(&mut self) -> Vec<u8> {
        format!("{HEADER}{}", self.bare()).into_bytes()
    }

    fn step(&mut self, challenge: &[u8]) -> Result<Option<Vec<u8>>, SaslFault> {
        let challenge = str::from_utf8(challenge).map_err(|_| self.fault("its message is not UTF-8"))?;
        match &self.state {
            State::AwaitsFirst => {
                let (proof, signature) = self.prove(challenge)?;
                self.state = State::AwaitsFinal { signature };
                Ok(Some(proof.into_bytes()))
            }
            State::AwaitsFinal { signature } => self.verify(challenge, signature).map(|()| None),
        }
    }

    fn refused(&self, why: String) -> SaslFault {
        SaslFault::User { who: self.who(), why }
    }
}

impl SaltedPasswords {
    fn get(&self, hash: ScramHash, password: &Secret, salt: &[u8], iterations: u32) -> Vec<u8> {
        let find = |known: &VecDeque<(Vec<u8>, u32, Vec<u8>)>| {
            let found = known.iter().find(|(of, times, _)| of == salt && *times == iterations);
            found.map(|(.., salted)| salted.clone())
        };
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = find(&lock());
        known.unwrap_or_else(|| {
            let salted = hash.salted(password.reveal().as_bytes(), salt, iterations);
            let mut known = lock();
            known.truncate(SALTED_MAX - 1);
            known.push_front((salt.to_vec(), iterations, salted.clone()));
            salted
        })
    }
}

/// The broker's first message.
struct ServerFirst<'a> {
    nonce: &'a str,
    salt: Vec<u8>,
    iterations: u32,
}

impl<'a> ServerFirst<'a> {
    fn parse(text: &'a str) -> Result<Self, &'static str> {
        let mut attributes = text.split(',');
        // A mandatory extension would stand first (`m=`), and must end the authentication.
        let nonce = attribute(attributes.next(), "r=").ok_or("its first message has no nonce")?;
        let salt = attribute(attributes.next(), "s=").and_then(|salt| STANDARD.decode(salt).ok());
        let salt = salt.filter(|salt| !salt.is_empty()).ok_or("its first message has no salt")?;
        let iterations = attribute(attributes.next(), "i=").and_then(|text| text.parse().ok());
        let iterations = iterations.ok_or("its first message has no number of iterations")?;
        Ok(Self { nonce, salt, iterations })
    }
}

fn attribute<'a>(text: Option<&'a str>, name: &str) -> Option<&'a str> {
    text?.strip_prefix(name)
}

/// Compares in a time that does not tell how much of it is right.
fn are_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |differing, (one, other)| differing | (one ^ other)) == 0
}

#[cfg(test)]
mod tests;
