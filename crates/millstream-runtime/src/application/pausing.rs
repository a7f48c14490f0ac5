//! Pausing an application, and resuming it.

use super::control::Request;
use super::handle::StreamsHandle;

impl StreamsHandle {
    /// Pauses the application: its tasks process no record and run no schedule, of stream time or of the wall clock, until
    /// [`resume`](Self::resume), and stores that are being restored stay where they are. Threads that are added later are paused
    /// too. To start without processing anything, use [`Streams::start_paused`](crate::Streams::start_paused).
    ///
    /// The call returns at once, and each thread stops after the records of its present turn: within 10 ms, or when the record
    /// that it processes is done. What was processed is committed. The threads remain members of their group: they keep
    /// their tasks, take part in rebalances and send heartbeats. Fetching stops when the buffers are
    /// [full](crate::StreamsConfig::buffered_records_per_partition). Queries are answered from the state as it is. Global
    /// stores are kept up to date.
    ///
    /// The state of the application does not change: it stays [`Running`](millstream_observe::events::State::Running), or
    /// [`Rebalancing`](millstream_observe::events::State::Rebalancing) if there are stores to be restored. The event
    /// `application_paused` reports it, and so do [`Health::paused`](millstream_observe::events::Health) and the gauge
    /// `millstream_application_paused`. Other instances of the application are not paused, and neither is this one after a restart.
    /// As in Kafka Streams (KIP-834).
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) {
    /// streams.pause();
    /// assert!(streams.is_paused());
    /// // The database is being moved.
    /// streams.resume();
    /// # }
    /// ```
    pub fn pause(&self) {
        if self.control.shared.pause.turn_on() {
            self.announce_pause();
        }
    }

    /// Resumes the application after [`pause`](Self::pause): its threads continue at once where they were. It does nothing
    /// unless the application is paused.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) {
    /// streams.resume();
    /// assert!(!streams.is_paused());
    /// # }
    /// ```
    pub fn resume(&self) {
        if self.control.shared.pause.turn_off() {
            self.announce_pause();
        }
    }

    /// Whether the application is paused. Its threads may still be in the turn in which it was.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) {
    /// println!("{}", if streams.is_paused() { "paused" } else { "at work" });
    /// # }
    /// ```
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.control.shared.pause.is_on()
    }

    fn announce_pause(&self) {
        // Refused, the application has ended.
        _ = self.control.requests.send(Request::PauseChanged);
    }
}
