//! A log of the user's own that panics where threads poll it: the thread ends with a failure that names the client, and
//! closing returns.

#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use millstream_log::{
    Administration, CommittedOffset, DiscardScope, Fetching, GroupConfig, GroupConsumer, InProcessLog, Log, LogError,
    LogEvent, Membership, Producing, Sending, Signal, StartAt, TopicState,
};
use millstream_observe::events::{FailureKind, State};
use millstream_runtime::{CloseError, Streams};
use millstream_types::{MonotonicTime, Offset, Partition, RecordBytes, Topic, TopicPartition};
use support::{EventRecorder, LIMIT, config, counting, feed_words, log, run, total};

/// Which client panics.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Client {
    Consumer,
    Producer,
    Restorer,
}

/// A log one of whose clients panics when it is polled, from a moment on.
#[derive(Clone)]
struct Broken {
    log: InProcessLog,
    client: Client,
    panics: Arc<AtomicBool>,
}

struct BrokenClient<T: ?Sized> {
    inner: Box<T>,
    panics: Arc<AtomicBool>,
}

impl Broken {
    fn wrap<T: ?Sized>(&self, client: Client, inner: Box<T>) -> BrokenClient<T> {
        let panics = if client == self.client { Arc::clone(&self.panics) } else { Arc::default() };
        BrokenClient { inner, panics }
    }
}

impl<T: ?Sized> BrokenClient<T> {
    fn check(&self) {
        assert!(!self.panics.load(Ordering::SeqCst), "no socket");
    }
}

impl Log for Broken {
    fn consumer(&self, config: &GroupConfig, signal: &Signal) -> Result<Box<dyn GroupConsumer>, LogError> {
        Ok(Box::new(self.wrap(Client::Consumer, self.log.consumer(config, signal)?)))
    }

    fn fetcher(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Fetching>, LogError> {
        Ok(Box::new(self.wrap(Client::Restorer, self.log.fetcher(client_id, signal)?)))
    }

    fn producer(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Producing>, LogError> {
        Ok(Box::new(self.wrap(Client::Producer, self.log.producer(client_id, signal)?)))
    }

    fn admin(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Administration>, LogError> {
        self.log.admin(client_id, signal)
    }
}

type Wants<'a> = &'a mut dyn FnMut(&TopicPartition) -> bool;

impl<T: Fetching + ?Sized> Fetching for BrokenClient<T> {
    fn assign(&mut self, partitions: &[(TopicPartition, StartAt)]) {
        self.inner.assign(partitions);
    }

    fn unassign(&mut self, partitions: &[TopicPartition]) {
        self.inner.unassign(partitions);
    }

    fn poll(&mut self, now: MonotonicTime, wants: Wants<'_>, events: &mut Vec<LogEvent>) {
        self.check();
        self.inner.poll(now, wants, events);
    }
}

impl<T: Membership + ?Sized> Membership for BrokenClient<T> {
    fn subscribe(&mut self, topics: &[Topic]) {
        self.inner.subscribe(topics);
    }

    fn finish_rebalance(&mut self) {
        self.inner.finish_rebalance();
    }

    fn fetch_committed(&mut self, partitions: &[TopicPartition]) {
        self.inner.fetch_committed(partitions);
    }

    fn commit(&mut self, offsets: &[(TopicPartition, CommittedOffset)]) -> u64 {
        self.inner.commit(offsets)
    }

    fn leave(&mut self) {
        self.check();
        self.inner.leave();
    }
}

impl Producing for BrokenClient<dyn Producing> {
    fn topic(&mut self, topic: &Topic) -> TopicState {
        self.inner.topic(topic)
    }

    fn append(&mut self, topic: &Topic, partition: Partition, record: &RecordBytes<'_>) -> bool {
        self.inner.append(topic, partition, record)
    }

    fn appended(&self) -> u64 {
        self.inner.appended()
    }

    fn acknowledged_offset(&self, partition: &TopicPartition) -> Option<Offset> {
        self.inner.acknowledged_offset(partition)
    }

    fn flush(&mut self) {
        self.inner.flush();
    }

    fn set_sending(&mut self, sending: Sending) {
        self.inner.set_sending(sending);
    }

    fn discard(&mut self, scope: DiscardScope<'_>) {
        self.inner.discard(scope);
    }

    fn poll(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>) {
        self.check();
        self.inner.poll(now, events);
    }
}

fn broken(client: Client) -> Broken {
    Broken { log: log(), client, panics: Arc::default() }
}

/// The failure was "Millstream itself panicked, which is a bug in it".
#[test]
fn a_client_that_panics_ends_the_thread_with_a_failure_that_names_it() {
    for (client, name) in [(Client::Consumer, "consumer"), (Client::Producer, "producer")] {
        let (broken, recorder) = (broken(client), EventRecorder::default());
        let streams = Streams::new(counting(), config("app")).with_log(broken.clone());
        let streams = streams.with_listener(recorder.listener()).start().unwrap();
        assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
        broken.panics.store(true, Ordering::SeqCst);
        let failure = match streams.wait_until_ended() {
            Err(CloseError::Failed(Some(failure))) => failure,
            other => panic!("{other:?}"),
        };
        assert_eq!(failure.kind, FailureKind::Log, "{failure}");
        assert_eq!(failure.to_string(), format!("the log failed: its {name} panicked: no socket"));
        assert!(
            recorder.messages("thread_failed")[0].contains(&failure.to_string()),
            "{:?}",
            recorder.messages("thread_failed")
        );
        drop(streams.close_blocking(LIMIT));
        assert_eq!(streams.state(), State::Error);
    }
}

#[test]
fn a_client_that_panics_while_stores_are_restored_fails_the_restore() {
    let broken = broken(Client::Restorer);
    let first = run(counting(), config("app"), &broken.log);
    feed_words(&broken.log, 100);
    support::eventually("all is counted", || total(&broken.log) == 100);
    first.close_blocking(LIMIT).unwrap();
    broken.panics.store(true, Ordering::SeqCst);
    let streams = Streams::new(counting(), config("app")).with_log(broken).start().unwrap();
    assert_eq!(streams.wait_until(State::Error, LIMIT), State::Error);
    let failure = streams.failure().unwrap().to_string();
    assert!(
        failure.contains("store `counts`") && failure.contains("client for restoring panicked: no socket"),
        "{failure}"
    );
    drop(streams.close_blocking(LIMIT));
}
