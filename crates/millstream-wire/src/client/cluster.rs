//! The brokers of a cluster, as far as they are known, and the connections for calls to them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use millstream_log::Signal;
use millstream_protocol::messages::metadata::{MetadataRequest, MetadataRequestTopic, MetadataResponse};
use millstream_protocol::{ErrorCode, Request};
use millstream_types::{MonotonicTime, Topic};

use super::call::{CallError, Pending};
use super::call_link::CallLink;
use crate::address::Address;
use crate::settings::ClientSettings;
use crate::throttle::throttle;

/// When a broker has not responded for this long, a request that any broker can respond to is sent to the next one too.
const NEXT_AFTER: Duration = Duration::from_millis(500);

/// The brokers of a cluster and the connections to them. Clones share both.
#[derive(Clone)]
pub(crate) struct Cluster(Arc<Mutex<State>>);

/// Calls on different lanes have different connections: a broker works on one request of a connection at a time, and lets a
/// member that joins a group wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    General,
    /// Joining a group, and heartbeats.
    Group,
    /// Looking whether the coordinator still responds while it lets a member wait.
    Probe,
}

struct State {
    settings: ClientSettings,
    signal: Signal,
    brokers: BTreeMap<i32, Address>,
    controller: i32,
    links: BTreeMap<(Address, Lane), CallLink>,
    /// Until when brokers read nothing from a connection.
    throttled: BTreeMap<(Address, Lane), MonotonicTime>,
    /// Addresses whose last call has failed. Others are preferred.
    troubled: BTreeSet<Address>,
    /// Reports of outages that were not taken yet.
    outages: Vec<String>,
    now: MonotonicTime,
    /// Those of all connections that there were.
    #[cfg(test)]
    counters: Vec<super::Counter>,
}

impl Cluster {
    /// A cluster of which only the bootstrap servers are known. Its calls raise the signal when they have ended.
    pub(crate) fn new(settings: ClientSettings, signal: &Signal) -> Self {
        Self(Arc::new(Mutex::new(State {
            settings,
            signal: signal.clone(),
            brokers: BTreeMap::new(),
            controller: -1,
            links: BTreeMap::new(),
            throttled: BTreeMap::new(),
            troubled: BTreeSet::new(),
            outages: Vec::new(),
            now: MonotonicTime::START,
            #[cfg(test)]
            counters: Vec::new(),
        })))
    }

    /// The same cluster with connections of its own, whose calls raise another signal.
    pub(crate) fn separate(&self, signal: &Signal) -> Self {
        let (settings, brokers) = {
            let state = self.lock();
            (state.settings.clone(), state.brokers.clone())
        };
        let separate = Self::new(settings, signal);
        separate.lock().brokers = brokers;
        separate
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the time, before any future is polled.
    pub(crate) fn set_now(&self, now: MonotonicTime) {
        self.lock().now = now;
    }

    pub(crate) fn now(&self) -> MonotonicTime {
        self.lock().now
    }

    /// Adds a report of an outage.
    pub(crate) fn report(&self, outage: String) {
        self.lock().report(outage);
    }

    /// Takes the reports of outages.
    pub(crate) fn outages(&self) -> impl Iterator<Item = String> + use<> {
        std::mem::take(&mut self.lock().outages).into_iter()
    }

    /// Waits until so much time has passed.
    pub(crate) async fn pause(&self, length: Duration) {
        let until = self.now() + length;
        poll_fn(|_| if self.now() >= until { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    /// The brokers, by their ids.
    pub(crate) fn brokers(&self) -> Vec<i32> {
        self.lock().brokers.keys().copied().collect()
    }

    /// The address of a broker, if it is known.
    pub(crate) fn address(&self, broker: i32) -> Option<Address> {
        self.lock().brokers.get(&broker).cloned()
    }

    /// Prefers other brokers for requests that any can respond to, since this one has not responded on another connection.
    pub(crate) fn avoid(&self, broker: i32) {
        let mut state = self.lock();
        let address = state.brokers.get(&broker).cloned();
        state.troubled.extend(address);
    }

    /// Ends that: it has responded.
    pub(crate) fn trust(&self, broker: i32) {
        let mut state = self.lock();
        if let Some(address) = state.brokers.get(&broker).cloned() {
            state.troubled.remove(&address);
        }
    }

    /// Sends a request to a broker, and waits for its response.
    ///
    /// # Errors
    /// When the broker is not known, cannot be reached, or takes longer than `patience`.
    pub(crate) async fn call<R>(
        &self,
        broker: i32,
        lane: Lane,
        patience: Duration,
        build: impl Fn(i16) -> R + Send + 'static,
    ) -> Result<R::Response, CallError>
    where
        R: Request,
        R::Response: Send + 'static,
    {
        let address = self.address(broker);
        let unknown = || CallError::Unreachable(format!("broker {broker} is not in the cluster"));
        let address = address.ok_or_else(unknown)?;
        let name = || format!("broker {broker} at {}:{}", address.0, address.1);
        self.call_at(&address, lane, patience, build).await.map_err(|error| error.about(&name()))
    }

    /// The same by the broker's address, which may be a bootstrap server.
    async fn call_at<R>(
        &self,
        address: &Address,
        lane: Lane,
        patience: Duration,
        build: impl Fn(i16) -> R + Send + 'static,
    ) -> Result<R::Response, CallError>
    where
        R: Request,
        R::Response: Send + 'static,
    {
        poll_fn(|_| if self.lock().is_throttled(address, lane) { Poll::Pending } else { Poll::Ready(()) }).await;
        let (mut pending, deadline) = {
            let mut state = self.lock();
            (state.send(address, lane, patience, build), state.now + patience)
        };
        let response = poll_fn(|_| match pending.poll() {
            Some(response) => Poll::Ready(response),
            None if self.now() >= deadline => Poll::Ready(Err(CallError::timed_out(patience))),
            None => Poll::Pending,
        });
        let response = response.await;
        self.lock().ended::<R>(address, lane, &response);
        response
    }

    /// Sends a request to one broker after the other, without waiting for each to fail, until one responds with what `accept`
    /// accepts. An outage is not reported.
    ///
    /// # Errors
    /// When no broker responds.
    pub(crate) async fn ask_any<R>(
        &self,
        build: impl Fn(i16) -> R + Clone + Send + 'static,
        accept: impl Fn(&R::Response) -> Result<(), CallError>,
    ) -> Result<R::Response, CallError>
    where
        R: Request,
        R::Response: Send + 'static,
    {
        let (mut untried, patience) = {
            let state = self.lock();
            (state.addresses(), state.settings.request_timeout)
        };
        let mut open: Vec<(Address, MonotonicTime, Pending<R::Response>)> = Vec::new();
        let (mut next_at, begin) = (self.now(), self.now());
        let mut tried_at = begin;
        let mut failed = CallError::Unreachable("no broker is named".to_owned());
        poll_fn(|_| {
            let mut state = self.lock();
            let mut index = 0;
            while let Some((address, _, pending)) = open.get_mut(index) {
                match pending.poll() {
                    None => index += 1,
                    Some(response) => {
                        let address = address.clone();
                        open.swap_remove(index);
                        let response = response.and_then(|response| accept(&response).map(|()| response));
                        state.ended::<R>(&address, Lane::General, &response);
                        match response {
                            Ok(response) => {
                                state.outpaced(&open);
                                return Poll::Ready(Ok(response));
                            }
                            Err(error) => failed = error.about(&format!("{}:{}", address.0, address.1)),
                        }
                        next_at = state.now;
                    }
                }
            }
            // The others come first, so all that are left are throttled if this one is.
            let is_throttled = untried.front().is_some_and(|address| state.is_throttled(address, Lane::General));
            if state.now >= next_at
                && !is_throttled
                && let Some(address) = untried.pop_front()
            {
                let pending = state.send(&address, Lane::General, patience, build.clone());
                (tried_at, next_at) = (state.now, state.now + NEXT_AFTER);
                open.push((address, state.now, pending));
            }
            // The last one gets its time, too, however long the others have taken.
            let is_late = state.now >= (begin + 2 * patience).max(tried_at + patience);
            if untried.is_empty() && (open.is_empty() || is_late) {
                if let Some((address, since, _)) = open.first() {
                    failed = CallError::timed_out(state.now - *since).about(&format!("{}:{}", address.0, address.1));
                }
                let failed = Err(failed.clone());
                open.drain(..).for_each(|(address, ..)| state.ended::<R>(&address, Lane::General, &failed));
                return Poll::Ready(failed);
            }
            Poll::Pending
        })
        .await
    }

    /// Reports that no broker responds, if that is so.
    fn reporting<T>(&self, response: Result<T, CallError>) -> Result<T, CallError> {
        if let Err(failed) = &response
            && failed.is_retriable()
        {
            let mut state = self.lock();
            let report = state.no_broker(failed);
            state.report(report);
        }
        response
    }

    /// Looks up these topics, or all topics, and learns the brokers. An outage is reported.
    ///
    /// # Errors
    /// When no broker responds.
    pub(crate) async fn metadata(&self, topics: Option<Vec<Topic>>) -> Result<MetadataResponse, CallError> {
        self.reporting(self.look_up(topics).await)
    }

    /// The same without a report, for look-ups that are repeated often.
    ///
    /// # Errors
    /// When no broker responds.
    pub(crate) async fn look_up(&self, topics: Option<Vec<Topic>>) -> Result<MetadataResponse, CallError> {
        let named =
            |topic: &Topic| MetadataRequestTopic { name: Some(topic.as_str().to_owned()), ..Default::default() };
        let request = MetadataRequest {
            topics: topics.map(|topics| topics.iter().map(named).collect()),
            allow_auto_topic_creation: false,
            ..Default::default()
        };
        // A broker that has just started lists no broker, not even itself. One that was taken out of its cluster sends its
        // clients back to the bootstrap servers (KIP-1102), which are asked after the known brokers.
        let knows_brokers = |response: &MetadataResponse| match ErrorCode(response.error_code) {
            ErrorCode::NONE if response.brokers.is_empty() => {
                Err(CallError::Unreachable("it lists no brokers yet".to_owned()))
            }
            ErrorCode::NONE => Ok(()),
            error => Err(CallError::Unreachable(error.to_string())),
        };
        let response = self.ask_any(move |_| request.clone(), knows_brokers).await?;
        self.lock().learn(&response);
        Ok(response)
    }

    /// Sends a request that any broker can respond to. An outage is reported.
    ///
    /// # Errors
    /// When no broker responds.
    pub(crate) async fn any<R>(
        &self,
        build: impl Fn(i16) -> R + Clone + Send + 'static,
    ) -> Result<R::Response, CallError>
    where
        R: Request,
        R::Response: Send + 'static,
    {
        self.reporting(self.ask_any(build, |_| Ok(())).await)
    }

    /// Looks up the controller, and sends it a request.
    ///
    /// # Errors
    /// When it is not known, cannot be reached, or takes longer than `patience`.
    pub(crate) async fn controller<R>(
        &self,
        patience: Duration,
        build: impl Fn(i16) -> R + Send + 'static,
    ) -> Result<R::Response, CallError>
    where
        R: Request,
        R::Response: Send + 'static,
    {
        self.metadata(Some(Vec::new())).await?;
        let controller = self.lock().controller;
        self.call(controller, Lane::General, patience, build).await
    }

    /// Records a broker that was named in a response, such as a coordinator.
    pub(crate) fn add_broker(&self, broker: i32, host: &str, port: i32) {
        self.lock().brokers.insert(broker, address_of(host, port));
    }

    /// The calls of all connections that there were.
    #[cfg(test)]
    pub(crate) fn counters(&self) -> Vec<super::Counter> {
        self.lock().counters.clone()
    }

    /// Closes the connections of a lane to a broker, so that nothing that waits there is sent.
    pub(crate) fn close(&self, broker: i32, lane: Lane) {
        let mut state = self.lock();
        if let Some(address) = state.brokers.get(&broker).cloned() {
            state.links.remove(&(address, lane));
        }
    }
}

impl State {
    /// The report that no broker responds. A broker that expects TLS may close the connection without a response.
    fn no_broker(&self, last: &CallError) -> String {
        format!(
            "no broker can be reached; `bootstrap.servers` is `{}`: is that right, is the cluster up, and does \
             `security.protocol` fit its listener? The last attempt: {last}",
            self.settings.bootstrap_servers
        )
    }

    /// One report at a time is enough.
    fn report(&mut self, outage: String) {
        if self.outages.is_empty() {
            self.outages.push(outage);
        }
    }

    fn send<R>(
        &mut self,
        address: &Address,
        lane: Lane,
        patience: Duration,
        build: impl Fn(i16) -> R + Send + 'static,
    ) -> Pending<R::Response>
    where
        R: Request,
        R::Response: Send + 'static,
    {
        let link = self.links.entry((address.clone(), lane));
        let link = link.or_insert_with(|| {
            let link = CallLink::new(address.clone(), self.settings.clone());
            #[cfg(test)]
            self.counters.push(link.counter.clone());
            link
        });
        link.call(build, patience, &self.signal)
    }

    /// Records how a call has ended. A connection on which one has failed is replaced.
    fn ended<R: Request>(&mut self, address: &Address, lane: Lane, response: &Result<R::Response, CallError>) {
        let throttle = response.as_ref().map_or(Duration::ZERO, |response| throttle(R::throttle_ms(response)));
        if !throttle.is_zero() {
            self.throttled.insert((address.clone(), lane), self.now + throttle);
        }
        if response.is_ok() {
            self.troubled.remove(address);
        } else {
            self.links.remove(&(address.clone(), lane));
            self.troubled.insert(address.clone());
        }
    }

    /// Whether the broker reads nothing from a connection now.
    fn is_throttled(&self, address: &Address, lane: Lane) -> bool {
        // Few are throttled, and most of the time none is.
        !self.throttled.is_empty()
            && self.throttled.get(&(address.clone(), lane)).is_some_and(|until| self.now < *until)
    }

    /// Prefers others to those that have not responded although another broker, which was asked later, has.
    fn outpaced<T>(&mut self, open: &[(Address, MonotonicTime, Pending<T>)]) {
        let late = open.iter().filter(|(_, since, _)| self.now >= *since + NEXT_AFTER);
        self.troubled.extend(late.map(|(address, ..)| address.clone()));
    }

    /// All addresses, those first to which a call is most likely to succeed at once.
    fn addresses(&self) -> VecDeque<Address> {
        let is_open = |address: &Address| self.links.contains_key(&(address.clone(), Lane::General));
        let mut all: Vec<&Address> = Vec::new();
        for address in self.brokers.values().chain(self.settings.bootstrap_servers.addresses()) {
            if !all.contains(&address) {
                all.push(address);
            }
        }
        let is_throttled = |address: &Address| self.is_throttled(address, Lane::General);
        all.sort_by_key(|address| (is_throttled(address), self.troubled.contains(*address), !is_open(address)));
        all.into_iter().cloned().collect()
    }

    fn learn(&mut self, response: &MetadataResponse) {
        self.controller = response.controller_id;
        let brokers = response.brokers.iter().map(|broker| (broker.node_id, address_of(&broker.host, broker.port)));
        self.brokers = brokers.collect();
        let known: BTreeSet<&Address> =
            self.brokers.values().chain(self.settings.bootstrap_servers.addresses()).collect();
        self.links.retain(|(address, _), _| known.contains(address));
        self.troubled.retain(|address| known.contains(address));
        self.throttled.retain(|(address, _), until| self.now < *until && known.contains(address));
    }
}

/// An address with a port that no broker has is one that cannot be connected to.
fn address_of(host: &str, port: i32) -> Address {
    (host.to_owned(), u16::try_from(port).unwrap_or(0))
}
