//! A bounded channel into a thread that waits on a signal.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use millstream_log::Signal;

/// What a channel holds at most, except for messages that must not be refused.
const LENGTH_MAX: usize = 1024;

/// A channel into one thread; clones are the same channel.
#[derive(Debug)]
pub(crate) struct Channel<T> {
    state: Arc<Mutex<State<T>>>,
    signal: Signal,
}

#[derive(Debug)]
struct State<T> {
    messages: VecDeque<T>,
    is_closed: bool,
}

/// Why a channel did not take a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SendError {
    /// It is full.
    Full,
    /// The receiving thread has ended.
    Closed,
}

impl<T> Clone for Channel<T> {
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state), signal: self.signal.clone() }
    }
}

impl<T> Channel<T> {
    /// An empty channel; each message raises `signal`. Several channels may raise the same one.
    pub(crate) fn new(signal: Signal) -> Self {
        Self { state: Arc::new(Mutex::new(State { messages: VecDeque::new(), is_closed: false })), signal }
    }

    /// The signal that the receiving thread waits on.
    pub(crate) fn signal(&self) -> &Signal {
        &self.signal
    }

    /// Sends a message unless the channel is full: for queries and other messages whose number is not bounded.
    pub(crate) fn try_send(&self, message: T) -> Result<(), SendError> {
        let is_full = self.lock().messages.len() >= LENGTH_MAX;
        if is_full { Err(SendError::Full) } else { self.send(message) }
    }

    /// Sends a message even if the channel is full: for messages whose number is bounded, and none of which may be lost.
    pub(crate) fn send(&self, message: T) -> Result<(), SendError> {
        let mut state = self.lock();
        if state.is_closed {
            return Err(SendError::Closed);
        }
        state.messages.push_back(message);
        drop(state);
        self.signal.raise();
        Ok(())
    }

    /// The oldest message.
    pub(crate) fn receive(&self) -> Option<T> {
        self.lock().messages.pop_front()
    }

    /// Refuses further messages and drops those not received.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        let messages = std::mem::take(&mut state.messages);
        drop(state);
        // Outside the lock: dropping a message may wake a thread that sends another.
        drop(messages);
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
    fn messages_come_in_order_and_raise_the_signal() {
        let channel = Channel::new(Signal::new());
        assert_eq!(channel.send(1), Ok(()));
        assert_eq!(channel.clone().send(2), Ok(()));
        assert!(channel.signal().wait(Duration::ZERO));
        assert_eq!((channel.receive(), channel.receive(), channel.receive()), (Some(1), Some(2), None));
    }

    #[test]
    fn a_full_channel_refuses_only_what_may_be_refused() {
        let channel = Channel::new(Signal::new());
        while channel.try_send(0).is_ok() {}
        assert_eq!(channel.try_send(0), Err(SendError::Full));
        assert_eq!(channel.send(0), Ok(()));
    }

    #[test]
    fn a_closed_channel_drops_what_it_holds() {
        let channel = Channel::new(Signal::new());
        let message = Arc::new(());
        assert_eq!(channel.send(Arc::clone(&message)), Ok(()));
        channel.close();
        assert_eq!(Arc::strong_count(&message), 1);
        assert_eq!(channel.send(message), Err(SendError::Closed));
    }
}
