//! The token that connections share.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use millstream_types::MonotonicTime;

use super::fault::SaslFault;
use super::settings::{Token, TokenSource};
use crate::security::Secret;

/// After a failure the function is not called again for this long: each thread has several connections, each of which is tried ten times a
/// second, and a server of tokens that is overloaded would not recover.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How many calls of the function may be in progress. One that never returns keeps a thread, and each further attempt to connect would
/// add another.
const CALLS_MAX: usize = 16;

/// The last token, and the calls of the function.
#[derive(Debug, Default)]
pub(super) struct TokenCache(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The last token, and until when it is used.
    last: Option<(Secret, MonotonicTime)>,
    /// Why there is none, and until when that is taken for the result of further calls.
    failed: Option<(String, MonotonicTime)>,
    /// How many calls have not returned.
    calls: usize,
}

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
    ///
    /// # Errors
    /// When the function returns an error or panics, has done so less than a second ago, or many calls of it have not returned.
    pub(super) fn token(&self, source: &TokenSource, now: MonotonicTime) -> Result<(Secret, Origin), SaslFault> {
        if let Some(token) = self.begin(now)? {
            return Ok((token, Origin::Kept));
        }
        // Without the lock: the function may wait for a server.
        let token = catch_unwind(AssertUnwindSafe(|| source.token()));
        let token = token.unwrap_or_else(|panic| Err(panicked(&*panic)));
        self.end(token, now)
    }

    /// Forgets the token, which the broker has refused.
    pub(super) fn forget(&self) {
        self.lock().last = None;
    }

    /// The last token, if it can be used still. Otherwise a call of the function begins.
    fn begin(&self, now: MonotonicTime) -> Result<Option<Secret>, SaslFault> {
        let mut state = self.lock();
        if let Some((token, _)) = state.last.as_ref().filter(|(_, until)| now < *until) {
            return Ok(Some(token.clone()));
        }
        if let Some((why, _)) = state.failed.as_ref().filter(|(_, until)| now < *until) {
            return Err(SaslFault::NoToken { why: why.clone() });
        }
        if state.calls >= CALLS_MAX {
            let why = format!("{CALLS_MAX} calls of the token's function have not returned; give it a time-out");
            return Err(SaslFault::NoToken { why });
        }
        state.calls += 1;
        Ok(None)
    }

    fn end(&self, token: Result<Token, String>, now: MonotonicTime) -> Result<(Secret, Origin), SaslFault> {
        let mut state = self.lock();
        state.calls -= 1;
        match token {
            Ok(token) => {
                state.failed = None;
                if let Some(life) = token.life {
                    state.last = Some((token.text.clone(), now + life.mul_f64(0.8)));
                }
                Ok((token.text, Origin::New))
            }
            Err(why) => {
                state.failed = Some((why.clone(), now + RETRY_AFTER));
                Err(SaslFault::NoToken { why })
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn panicked(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the token's function has panicked: {}", text.unwrap_or("without a text"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "calls on threads of their own")]

    use std::sync::atomic::{AtomicUsize, Ordering};

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

    fn seconds(seconds: u64) -> MonotonicTime {
        MonotonicTime::after_start(Duration::from_secs(seconds))
    }

    /// While its server was down, each connection of each thread asked for a token ten times a second.
    #[test]
    fn after_a_failure_the_function_is_not_called_again_at_once() {
        let calls = AtomicUsize::new(0);
        let source = TokenSource::new(move || match calls.fetch_add(1, Ordering::Relaxed) {
            0 => Err("the server is down".to_owned()),
            _ => Ok(Token::new("t").expiring_in(Duration::from_secs(100))),
        });
        let cache = TokenCache::default();
        for _ in 0..3 {
            let fault = cache.token(&source, seconds(10)).unwrap_err();
            assert_eq!(fault, SaslFault::NoToken { why: "the server is down".to_owned() });
        }
        assert_eq!(cache.token(&source, seconds(11)).unwrap(), ("t".into(), New), "the second call");
        cache.forget();
        assert_eq!(cache.token(&source, seconds(11)).unwrap().1, New, "the failure is forgotten");
    }

    /// The panic ended the thread of a connection, and with it a look-up that was awaited for ever.
    #[test]
    fn a_function_that_panics_is_an_error() {
        let source = TokenSource::new(|| panic!("no variable TOKEN"));
        let SaslFault::NoToken { why } = TokenCache::default().token(&source, seconds(0)).unwrap_err() else {
            panic!("another fault")
        };
        assert_eq!(why, "the token's function has panicked: no variable TOKEN");
    }

    /// A function without a time-out, whose server was silent, took another thread and connection every few seconds.
    #[test]
    fn calls_that_do_not_return_are_limited() {
        let (kept, blocking) = std::sync::mpsc::sync_channel::<()>(0);
        let (blocking, began) = (Mutex::new(blocking), AtomicUsize::new(0));
        let began = std::sync::Arc::new(began);
        let counted = std::sync::Arc::clone(&began);
        let source = TokenSource::new(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            let _ended = blocking.lock().unwrap().recv();
            Ok(Token::new("late"))
        });
        let cache = TokenCache::default();
        std::thread::scope(|scope| {
            let calls: Vec<_> = (0..CALLS_MAX).map(|_| scope.spawn(|| cache.token(&source, seconds(0)))).collect();
            while began.load(Ordering::SeqCst) < CALLS_MAX {
                std::thread::yield_now();
            }
            let fault = cache.token(&source, seconds(0)).unwrap_err().to_string();
            drop(kept);
            assert!(fault.contains("16 calls of the token's function have not returned"), "{fault}");
            calls.into_iter().for_each(|call| assert_eq!(call.join().unwrap().unwrap().1, New));
        });
        assert_eq!(cache.token(&source, seconds(0)).unwrap(), ("late".into(), New), "others are called again");
    }
}
