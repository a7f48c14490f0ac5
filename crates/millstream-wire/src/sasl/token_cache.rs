//! The token that connections share.

use std::sync::{Mutex, PoisonError};

use millstream_types::MonotonicTime;

use super::fault::SaslFault;
use super::settings::TokenSource;
use crate::security::Secret;

/// The last token, and until when it is used.
#[derive(Debug, Default)]
pub(super) struct TokenCache(Mutex<Option<(Secret, MonotonicTime)>>);

/// Where a token comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// From the function, just now.
    New,
    /// It has been used before.
    Kept,
}

impl TokenCache {
    /// Returns the last token, or a new one when 80 % of its life are over.
    pub(super) fn token(&self, source: &TokenSource, now: MonotonicTime) -> Result<(Secret, Origin), SaslFault> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((token, _)) = last.filter(|(_, until)| now < *until) {
            return Ok((token, Origin::Kept));
        }
        // Without the lock: the function may wait for a server.
        let token = source.token().map_err(|why| SaslFault::NoToken { why })?;
        if let Some(life) = token.life {
            let last = (token.text.clone(), now + life.mul_f64(0.8));
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
        }
        Ok((token.text, Origin::New))
    }

    /// Forgets the token, which the broker has refused.
    pub(super) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::super::settings::Token;
    use super::Origin::{Kept, New};
    use super::*;

    #[test]
    fn a_token_is_used_for_four_fifths_of_its_life() {
        let calls = AtomicUsize::new(0);
        let source = TokenSource::new(move || {
            let token = Token::new(format!("t{}", calls.fetch_add(1, Ordering::Relaxed)));
            Ok(token.expiring_in(Duration::from_secs(100)))
        });
        let cache = TokenCache::default();
        let cases =
            [(1_000, "t0", New), (1_079, "t0", Kept), (1_080, "t1", New), (1_159, "t1", Kept), (1_200, "t2", New)];
        for (second, expected, origin) in cases {
            let now = MonotonicTime::after_start(Duration::from_secs(second));
            assert_eq!(cache.token(&source, now).unwrap(), (expected.into(), origin), "{second}");
        }
        cache.forget();
        let now = MonotonicTime::after_start(Duration::from_secs(1_200));
        assert_eq!(cache.token(&source, now).unwrap(), ("t3".into(), New));
    }

    #[test]
    fn a_token_without_a_life_is_used_once_and_an_error_is_passed_on() {
        let cache = TokenCache::default();
        let source = TokenSource::new(|| Ok(Token::new("once")));
        cache.token(&source, MonotonicTime::START).unwrap();
        let source = TokenSource::new(|| Err("the server is down".to_owned()));
        let fault = cache.token(&source, MonotonicTime::START).unwrap_err();
        assert_eq!(fault, SaslFault::NoToken { why: "the server is down".to_owned() });
    }
}
