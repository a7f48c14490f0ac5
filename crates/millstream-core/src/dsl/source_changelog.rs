//! A topic as the changelog of the store of its table, or of a read-only store: how its records become rows.

use std::sync::Arc;

use millstream_types::{Data, Failure, FailureKind, Nullable, RecordBytes, Serde, SerdeError, Timestamp};

use super::stream::{no_time, unreadable};
use crate::options::{Consumed, TimestampExtractor};
use crate::record::Record;
use crate::stores::{SourceRow, SourceRows};
use crate::topology::{SourceChangelog, TopicName};

/// The topic from which a store with the serdes `write` can be restored, if one topic is read.
pub(super) fn source_changelog<K: Nullable, V: Nullable>(
    consumed: &Consumed<K, V>,
    write: (Serde<K::Present>, Serde<V::Present>),
) -> Option<SourceChangelog> {
    let [topic] = consumed.topics.names() else { return None };
    let rows = TopicRows {
        read: (consumed.serdes.key.get(), consumed.serdes.value.get()),
        extractor: consumed.extractor.clone(),
        write,
    };
    Some(SourceChangelog { topic: TopicName::external(topic.as_str()), rows: Arc::new(rows) })
}

/// The rows of a topic: read as its source reads it, and written as the store logs them.
struct TopicRows<K: Nullable, V: Nullable> {
    read: (Serde<K::Present>, Serde<V::Present>),
    extractor: TimestampExtractor<K, V>,
    write: (Serde<K::Present>, Serde<V::Present>),
}

impl<K: Nullable, V: Nullable> SourceRows for TopicRows<K, V> {
    fn convert(
        &self,
        topic: &str,
        record: RecordBytes<'_>,
        partition_time: Timestamp,
        row: &mut SourceRow,
    ) -> Result<bool, Failure> {
        let Some(key) = K::from_option(read(&self.read.0, "key", topic, record.key)?) else { return Ok(false) };
        let Some(value) = V::from_option(read(&self.read.1, "value", topic, record.value)?) else { return Ok(false) };
        let record = Record { key, value, timestamp: record.timestamp, headers: record.headers.clone() };
        // When the record was processed is not in the topic, so its own time is taken for a wall clock, as in Kafka Streams.
        let time = self.extractor.time_of(&record, partition_time, || record.timestamp);
        row.timestamp = time.ok_or_else(|| no_time(record.timestamp))?;
        let (Some(key), value) = (record.key.present(), record.value.present()) else { return Ok(false) };
        if !row.timestamp.is_valid() {
            return Ok(false);
        }
        row.key.clear();
        row.value.clear();
        row.is_delete = value.is_none();
        self.write.0.encode(topic, key, &mut row.key).map_err(|error| unwritable("key", error))?;
        if let Some(value) = value {
            self.write.1.encode(topic, value, &mut row.value).map_err(|error| unwritable("value", error))?;
        }
        Ok(true)
    }
}

/// Reads a key or value. One that is always null, as `()` is, is read as null.
fn read<T: Data>(serde: &Serde<T>, part: &str, topic: &str, bytes: Option<&[u8]>) -> Result<Option<T>, Failure> {
    bytes.map(|bytes| serde.decode(topic, bytes)).transpose().map_err(|error| unreadable(part, error))
}

#[cold]
fn unwritable(part: &str, error: SerdeError) -> Failure {
    let detail = format!("the {part} cannot be written to the store: {error}");
    Failure::new(FailureKind::Store, detail).caused_by(error)
}

#[cfg(test)]
mod tests {
    use millstream_types::Headers;

    use super::*;

    fn rows(consumed: &Consumed<Option<String>, Option<i64>>) -> Arc<dyn SourceRows> {
        let source = source_changelog(consumed, (Serde::of_type(), Serde::of_type()));
        source.map_or_else(|| panic!("one topic is read"), |source| source.rows)
    }

    /// The row of a record at time 7 in a partition whose time is 5; `None` if it is left out.
    fn row_of(rows: &dyn SourceRows, key: Option<&[u8]>, value: Option<&[u8]>, time: i64) -> Option<SourceRow> {
        let headers = Headers::new();
        let record = RecordBytes { timestamp: Timestamp::from_millis(time), key, value, headers: &headers };
        let mut row = SourceRow::new();
        let converted = rows.convert("t", record, Timestamp::from_millis(5), &mut row);
        converted.unwrap_or_else(|failure| panic!("{failure}")).then_some(row)
    }

    #[test]
    fn a_record_becomes_the_row_that_the_table_has_of_it() {
        let rows = rows(&Consumed::topic("t").value_serde(Serde::json()));
        let row = row_of(&*rows, Some(b"k"), Some(b" 12 "), 7).unwrap_or_default();
        assert_eq!((&*row.key, row.value()), (&b"k"[..], Some(&12_i64.to_be_bytes()[..])));
        assert_eq!(row.timestamp, Timestamp::from_millis(7));
        let deleted = row_of(&*rows, Some(b"k"), None, 8).unwrap_or_default();
        assert_eq!((&*deleted.key, deleted.value()), (&b"k"[..], None));
    }

    #[test]
    fn nulls_that_the_types_do_not_have_are_left_out() {
        let consumed = Consumed::<String, i64>::topic("t");
        let rows = source_changelog(&consumed, (Serde::of_type(), Serde::of_type())).map(|source| source.rows);
        let rows = rows.unwrap_or_else(|| panic!("one topic is read"));
        assert!(
            row_of(&*rows, Some(b"k"), None, 7).is_none(),
            "a null value deletes nothing that the processor does not see"
        );
        assert!(row_of(&*rows, None, Some(&[0; 8]), 7).is_none());
        assert!(row_of(&*rows, Some(b"k"), Some(&[0; 8]), 7).is_some());
    }

    #[test]
    fn a_record_that_the_table_leaves_out_has_no_row() {
        let skip = rows(&Consumed::topic("t").timestamps(TimestampExtractor::SkipInvalid));
        assert!(row_of(&*skip, None, Some(&[0; 8]), 7).is_none(), "a null key");
        assert!(row_of(&*skip, Some(b"k"), Some(&[0; 8]), -1).is_none(), "a negative time");
    }

    #[test]
    fn the_time_of_a_row_is_that_of_the_extractor() {
        let partition_time = rows(&Consumed::topic("t").timestamps(TimestampExtractor::PartitionTimeOnInvalid));
        let time =
            |rows: &dyn SourceRows, time| row_of(rows, Some(b"k"), None, time).map(|row| row.timestamp.as_millis());
        assert_eq!(time(&*partition_time, -1), Some(5));
        let doubled = TimestampExtractor::custom(|record: &Record<Option<String>, Option<i64>>, _| {
            Timestamp::from_millis(record.timestamp.as_millis() * 2)
        });
        assert_eq!(time(&*rows(&Consumed::topic("t").timestamps(doubled)), 7), Some(14));
    }

    #[test]
    fn what_cannot_be_read_is_a_failure_of_deserialization() {
        let rows = rows(&Consumed::topic("t"));
        let converted = rows.convert(
            "t",
            RecordBytes::new(Timestamp::from_millis(1), Some(b"k"), Some(b"short")),
            Timestamp::UNKNOWN,
            &mut SourceRow::new(),
        );
        let failure = converted.err().unwrap_or_else(|| panic!("five bytes are no i64"));
        assert_eq!(failure.kind, FailureKind::Deserialization);
        assert!(failure.to_string().contains("the value cannot be read"), "{failure}");
    }

    #[test]
    fn a_table_of_several_topics_keeps_its_changelog() {
        let consumed = Consumed::<Option<String>, Option<i64>>::topics(["a", "b"]);
        assert!(source_changelog(&consumed, (Serde::of_type(), Serde::of_type())).is_none());
    }
}
