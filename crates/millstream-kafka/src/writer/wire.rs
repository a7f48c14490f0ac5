//! Writes records by `millstream-wire`.

use std::sync::Arc;

use millstream_log::{DiscardScope, LogError, LogEvent, Sending, Signal};
use millstream_types::{MonotonicTime, Offset, RecordBytes};
use millstream_wire::{PartitionHandle, ProduceEvent, ProduceSettings, Producer, Taken};

use super::{Target, Writer, produce_error};
use crate::native::{Client, NativeError, Queue};
use crate::outage_tracker::OutageTracker;
use crate::topics::Topics;

/// Writes by Kafka's own protocol. The librdkafka client that looks up topics reports when no broker can be reached. Dropping
/// it discards records that have not been sent.
pub(crate) struct Wire {
    producer: Producer,
    /// The handles of the partitions that were written to, by topic number and partition.
    handles: Vec<Vec<Option<PartitionHandle>>>,
    main: Queue,
    outages: OutageTracker,
    record_bytes_max: usize,
    events: Vec<ProduceEvent>,
}

impl Wire {
    pub(crate) fn new(client: &Arc<Client>, settings: ProduceSettings, signal: &Signal) -> Self {
        Self {
            record_bytes_max: settings.record_bytes_max,
            producer: Producer::new(settings, signal),
            handles: Vec::new(),
            main: client.main_queue(signal),
            outages: OutageTracker::default(),
            events: Vec::new(),
        }
    }

    fn handle(&self, topic: usize, partition: u32) -> Option<PartitionHandle> {
        self.handles.get(topic)?.get(partition as usize).copied().flatten()
    }

    #[cold]
    fn add_handle(&mut self, to: Target<'_>) -> PartitionHandle {
        let (partition, handle) = (to.partition.number() as usize, self.producer.open(to.partition()));
        self.handles.resize_with(self.handles.len().max(to.topic_number + 1), Vec::new);
        let handles = &mut self.handles[to.topic_number];
        handles.resize(handles.len().max(partition + 1), None);
        handles[partition] = Some(handle);
        handle
    }
}

impl Writer for Wire {
    fn append(&mut self, to: Target<'_>, record: &RecordBytes<'_>) -> Result<bool, LogError> {
        let handle = self.handle(to.topic_number, to.partition.number()).unwrap_or_else(|| self.add_handle(to));
        match self.producer.append(handle, record) {
            Taken::Yes => Ok(true),
            Taken::Full => Ok(false),
            Taken::TooLarge { size } => {
                let limit = Some(self.record_bytes_max);
                Err(LogError::RecordTooLarge { partition: to.partition(), size, limit })
            }
        }
    }

    fn skip(&mut self) {
        self.producer.skip();
    }

    fn appended(&self) -> u64 {
        self.producer.appended()
    }

    fn completed(&self) -> u64 {
        self.producer.completed()
    }

    fn acknowledged(&self, topic: usize, partition: u32) -> Option<Offset> {
        self.producer.acknowledged(self.handle(topic, partition)?)
    }

    fn flush(&mut self) {
        self.producer.flush();
    }

    fn set_sending(&mut self, sending: Sending) {
        self.producer.set_sending(sending);
    }

    fn discard(&mut self, scope: DiscardScope<'_>, _topics: &Topics) {
        self.producer.discard(scope);
    }

    fn poll(&mut self, now: MonotonicTime, _topics: &Topics, events: &mut Vec<LogEvent>) {
        self.outages.poll(&self.main, events, |_| {});
        self.producer.poll(now, &mut self.events);
        self.events.drain(..).for_each(|event| report(event, events));
    }
}

/// Converts the events of the producer to those of the log traits.
fn report(event: ProduceEvent, events: &mut Vec<LogEvent>) {
    match event {
        ProduceEvent::Failed { partition, records, contents, bytes, code, message } => {
            let error = NativeError::from_number(code).with_message(message);
            let error = produce_error(error, &partition, bytes, None);
            let mut contents = contents.into_iter();
            events.extend((0..records).map(|_| {
                let (partition, error) = (partition.clone(), error.clone());
                LogEvent::ProduceFailed { partition, record: contents.next().map(Box::new), error }
            }));
        }
        ProduceEvent::Delayed(reason) | ProduceEvent::Unreachable(reason) => events.push(LogEvent::Unavailable(reason)),
        ProduceEvent::Unfit(reason) => events.push(LogEvent::Fatal(LogError::Invalid { reason })),
        ProduceEvent::Refused { code } => {
            events.push(LogEvent::Fatal(NativeError::from_number(code).into_log_error()));
        }
    }
}
