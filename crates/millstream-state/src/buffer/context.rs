//! The context of a record that waits in a buffer.

use millstream_types::{Header, Headers, Offset, Origin, Partition, SerdeError, Timestamp, Topic};

use super::reader::Reader;

/// The number of headers, and of bytes of a value, that stands for none.
const NONE: i32 = -1;

/// The context of the record that made a change: what the change has when it is forwarded later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BufferedContext {
    /// The time of the record.
    pub timestamp: Timestamp,
    /// Its headers.
    pub headers: Headers,
    /// Where it came from; `None` in punctuations.
    pub origin: Option<Origin>,
}

impl BufferedContext {
    /// How many bytes it counts in a buffer, as in Kafka Streams: timestamp, offset and partition, the characters of the
    /// topic's name, and those of the headers' names with the bytes of their values.
    pub(super) fn counted_bytes(&self) -> u64 {
        let topic = self.origin.as_ref().map_or(0, |origin| characters(origin.topic.as_str()));
        let value_bytes = |header: &Header| header.value.as_ref().map_or(0, Vec::len);
        let headers: usize = self.headers.iter().map(|header| characters(&header.name) + value_bytes(header)).sum();
        (2 * size_of::<i64>() + size_of::<i32>() + topic + headers) as u64
    }

    /// Appends `timestamp i64 ‖ offset i64 ‖ topic ‖ partition i32 ‖ count i32 ‖ {name ‖ value}*`, where texts and values have
    /// their length before them. A record without an origin has an empty topic.
    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        let origin = self.origin.as_ref();
        out.extend_from_slice(&self.timestamp.as_millis().to_be_bytes());
        out.extend_from_slice(&origin.map_or(-1, |origin| origin.offset.number()).to_be_bytes());
        put_bytes(origin.map_or("", |origin| origin.topic.as_str()).as_bytes(), out)?;
        let partition = origin.map_or(-1, |origin| origin.partition.number().cast_signed());
        out.extend_from_slice(&partition.to_be_bytes());
        put_length(self.headers.len(), out)?;
        self.headers.iter().try_for_each(|header| {
            put_bytes(header.name.as_bytes(), out)?;
            put_nullable(header.value.as_deref(), out)
        })
    }

    /// Reads what [`encode`](Self::encode) has written.
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, SerdeError> {
        let timestamp = Timestamp::from_millis(reader.i64()?);
        let offset = reader.i64()?;
        let topic = reader.text()?;
        let partition = reader.i32()?;
        let count = reader.i32()?;
        let mut headers = Headers::new();
        // Kafka Streams writes no headers as -1.
        for _ in 0..count.max(0) {
            let name = reader.text()?;
            headers.push(Header { name, value: reader.nullable()?.map(<[u8]>::to_vec) });
        }
        if count < NONE {
            return Err(reader.malformed("its number of headers is negative"));
        }
        let origin = u32::try_from(partition).ok().filter(|_| !topic.is_empty()).map(|partition| Origin {
            topic: Topic::from(topic),
            partition: Partition::new(partition),
            offset: Offset::new(offset),
        });
        Ok(Self { timestamp, headers, origin })
    }
}

/// The number of characters as Java counts them.
fn characters(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Appends bytes after their length; `None` is a length of -1.
pub(super) fn put_nullable(bytes: Option<&[u8]>, out: &mut Vec<u8>) -> Result<(), SerdeError> {
    match bytes {
        Some(bytes) => put_bytes(bytes, out),
        None => {
            out.extend_from_slice(&NONE.to_be_bytes());
            Ok(())
        }
    }
}

fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), SerdeError> {
    put_length(bytes.len(), out)?;
    out.extend_from_slice(bytes);
    Ok(())
}

pub(super) fn put_length(length: usize, out: &mut Vec<u8>) -> Result<(), SerdeError> {
    let length = i32::try_from(length)
        .map_err(|_| SerdeError::unwritable("buffered change", format!("a part has {length} bytes; 2^31 - 1 fit")))?;
    out.extend_from_slice(&length.to_be_bytes());
    Ok(())
}
