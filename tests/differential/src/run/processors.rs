//! Processors; `Processors.java` has the same.

use std::time::Duration;

use millstream::state::KeyValueStore;
use millstream::{
    BoxError, FixedKeyContext, FixedKeyProcessor, FixedKeyRecord, Processor, ProcessorContext, PunctuationType, Record,
    RowContext, RowProcessor, ScheduleId, StoreHandle, Timestamp,
};

use super::stream::Text;
use crate::program::tail;

/// How many keys the map of `Previous` has.
pub(super) const LRU_ROWS_MAX: usize = 2;

/// Adds the value as the header "seen". A record with that header already loses it.
pub(super) struct AddHeader;

impl<K: Send + 'static + millstream::Element> Processor<K, Text, K, Text> for AddHeader {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, K, Text>,
        mut record: Record<K, Text>,
    ) -> Result<(), BoxError> {
        if record.headers.last("seen").is_some() {
            record.headers.remove("seen");
        } else {
            record.headers.add("seen", record.value.clone().unwrap_or_default());
        }
        context.forward(record);
        Ok(())
    }
}

/// Moves a record in time by its value's length: an even one by so many seconds on, an odd one by half a second back.
pub(super) struct ShiftTime;

impl<K: millstream::Element> Processor<K, Text, K, Text> for ShiftTime {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, K, Text>,
        record: Record<K, Text>,
    ) -> Result<(), BoxError> {
        let length = record.value.as_ref().map_or(0, |value| value.chars().count()) as i64;
        let shift_ms = if length % 2 == 0 { length * 1_000 } else { -500 };
        let time = record.timestamp.as_millis().saturating_add(shift_ms).max(0);
        context.forward(record.with_timestamp(Timestamp::from_millis(time)));
        Ok(())
    }
}

/// Forwards a second record behind each value of odd length, 10 ms later.
pub(super) struct ForwardTwice;

impl<K: millstream::Element> FixedKeyProcessor<K, Text, Text> for ForwardTwice {
    fn process(
        &mut self,
        context: &mut FixedKeyContext<'_, '_, K, Text>,
        record: FixedKeyRecord<K, Text>,
    ) -> Result<(), BoxError> {
        let is_odd = record.value().as_ref().is_some_and(|value| value.chars().count() % 2 == 1);
        context.forward(record.clone());
        if is_odd {
            let later = record.timestamp().saturating_add(10);
            context.forward(record.with_value(Some("again".to_owned())).with_timestamp(later));
        }
        Ok(())
    }
}

/// Passes on records. By the wall clock it forwards how many have come since the last time, at the clock's time.
pub(super) struct CountByWallClock {
    interval: Duration,
    count: u64,
}

impl CountByWallClock {
    pub(super) const fn every(interval_ms: u64) -> Self {
        Self { interval: Duration::from_millis(interval_ms), count: 0 }
    }
}

impl Processor<Text, Text, Text, Text> for CountByWallClock {
    fn init(&mut self, context: &mut ProcessorContext<'_, Text, Text>) -> Result<(), BoxError> {
        context.schedule(PunctuationType::WallClockTime, self.interval);
        Ok(())
    }

    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, Text, Text>,
        record: Record<Text, Text>,
    ) -> Result<(), BoxError> {
        self.count += 1;
        context.forward(record);
        Ok(())
    }

    fn punctuate(
        &mut self,
        context: &mut ProcessorContext<'_, Text, Text>,
        _: ScheduleId,
        time: Timestamp,
    ) -> Result<(), BoxError> {
        let count = std::mem::take(&mut self.count);
        context.forward(Record::new(Some("a".to_owned()), Some(count.to_string()), time));
        Ok(())
    }
}

/// Forwards the previous value of the key, and keeps this one; a null value is removed.
pub(super) struct Previous {
    pub(super) store: StoreHandle<KeyValueStore<String, String>>,
}

impl Processor<Text, Text, Text, Text> for Previous {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, Text, Text>,
        record: Record<Text, Text>,
    ) -> Result<(), BoxError> {
        let Some(key) = &record.key else { return Ok(()) };
        let mut store = context.store(self.store)?;
        let before = store.get(key)?.cloned();
        match &record.value {
            Some(value) => store.put(key, value.clone())?,
            None => store.delete(key)?,
        }
        context.forward(record.with_value(before));
        Ok(())
    }
}

/// The value with the time of the change; none for one that begins with "c".
pub(super) struct WithTime;

impl RowProcessor<String, String, String> for WithTime {
    fn process(
        &mut self,
        context: &mut RowContext<'_, '_>,
        _: &String,
        value: Option<String>,
    ) -> Result<Option<String>, BoxError> {
        let time = context.timestamp().as_millis();
        Ok(value.filter(|value| !value.starts_with('c')).map(|value| tail(&format!("{value}@{time}"))))
    }
}
