//! A bounded queue into a thread that waits on a signal.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use millstream_log::Signal;

/// What a mailbox holds at most, except for what must never be refused.
const LENGTH_MAX: usize = 1024;

/// A queue into one thread; clones are the same queue.
#[derive(Debug)]
pub(crate) struct Mailbox<T> {
    state: Arc<Mutex<State<T>>>,
    signal: Signal,
}

#[derive(Debug)]
struct State<T> {
    letters: VecDeque<T>,
    is_closed: bool,
}

/// Why a mailbox gave a letter back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Too many wait already.
    Full,
    /// Nobody reads it any more.
    Closed,
}

impl<T> Clone for Mailbox<T> {
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state), signal: self.signal.clone() }
    }
}

impl<T> Mailbox<T> {
    /// An empty one; each letter raises `signal`.
    pub(crate) fn new(signal: Signal) -> Self {
        Self { state: Arc::new(Mutex::new(State { letters: VecDeque::new(), is_closed: false })), signal }
    }

    /// The signal that its reader waits on.
    pub(crate) fn signal(&self) -> &Signal {
        &self.signal
    }

    /// Puts a letter in that may be refused, such as a query.
    pub(crate) fn offer(&self, letter: T) -> Result<(), Refused> {
        let is_full = self.lock().letters.len() >= LENGTH_MAX;
        if is_full { Err(Refused::Full) } else { self.send(letter) }
    }

    /// Puts a letter in that is never too many: of its kind, only so many can wait.
    pub(crate) fn send(&self, letter: T) -> Result<(), Refused> {
        let mut state = self.lock();
        if state.is_closed {
            return Err(Refused::Closed);
        }
        state.letters.push_back(letter);
        drop(state);
        self.signal.raise();
        Ok(())
    }

    /// The oldest letter.
    pub(crate) fn take(&self) -> Option<T> {
        self.lock().letters.pop_front()
    }

    /// Refuses further letters and drops those not read.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        let unread = std::mem::take(&mut state.letters);
        drop(state);
        // Outside the lock: dropping a letter may wake somebody who writes another one.
        drop(unread);
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn letters_come_in_order_and_raise_the_signal() {
        let mailbox = Mailbox::new(Signal::new());
        assert_eq!(mailbox.send(1), Ok(()));
        assert_eq!(mailbox.clone().send(2), Ok(()));
        assert!(mailbox.signal().wait(Duration::ZERO));
        assert_eq!((mailbox.take(), mailbox.take(), mailbox.take()), (Some(1), Some(2), None));
    }

    #[test]
    fn it_is_bounded_for_those_who_ask_and_open_for_those_who_must() {
        let mailbox = Mailbox::new(Signal::new());
        while mailbox.offer(0).is_ok() {}
        assert_eq!(mailbox.offer(0), Err(Refused::Full));
        assert_eq!(mailbox.send(0), Ok(()));
    }

    #[test]
    fn a_closed_one_drops_what_it_holds() {
        let mailbox = Mailbox::new(Signal::new());
        let letter = Arc::new(());
        assert_eq!(mailbox.send(Arc::clone(&letter)), Ok(()));
        mailbox.close();
        assert_eq!(Arc::strong_count(&letter), 1);
        assert_eq!(mailbox.send(letter), Err(Refused::Closed));
    }
}
