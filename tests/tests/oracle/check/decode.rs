//! Bytes in the words of the data files.

use std::collections::BTreeMap;

use millstream::state::RawRow;
use millstream::test::RawOutput;
use serde_json::{Value, json};

/// A record of an output topic, whose types `types` says.
pub(crate) fn record(types: &BTreeMap<String, (String, String)>, record: &RawOutput) -> Value {
    let (key_type, value_type) = &types[record.topic.as_str()];
    let part = |kind: &str, bytes: &Option<Vec<u8>>| bytes.as_ref().map(|bytes| decoded(kind, bytes));
    with_headers(record, part(key_type, &record.key), part(value_type, &record.value))
}

/// A record of an internal topic: key and value as hexadecimal text.
pub(crate) fn bytes_of(record: &RawOutput) -> Value {
    let hex = |bytes: &Option<Vec<u8>>| bytes.as_ref().map(|bytes| Value::from(hex(bytes)));
    let mut record = with_headers(record, hex(&record.key), hex(&record.value));
    record.as_object_mut().unwrap().remove("topic");
    record
}

fn with_headers(record: &RawOutput, key: Option<Value>, value: Option<Value>) -> Value {
    let mut object = json!({
        "topic": record.topic.as_str(),
        "key": key,
        "value": value,
        "ts": record.timestamp.as_millis(),
    });
    if !record.headers.is_empty() {
        let headers = record.headers.iter().map(|header| json!([header.name, header.value.as_deref().map(text)]));
        object["headers"] = headers.collect();
    }
    object
}

/// A row of a store. The data files do not name the types of stores, so the first expected row tells the form.
pub(crate) fn row(expected: &[Value], row: &RawRow) -> Value {
    let form = expected.first().cloned().unwrap_or_default();
    let timestamped = form[1].is_object();
    let value_form = if timestamped { &form[1]["value"] } else { &form[1] };
    let value = decoded(if value_form.is_number() { "long" } else { "string" }, &row.value);
    let value = if timestamped { json!({ "value": value, "ts": row.timestamp.as_millis() }) } else { value };
    let key = match form[0]["start"].as_i64().zip(form[0]["end"].as_i64()) {
        // The stored key of a window has a sequence number behind what a topic's has.
        Some((start, end)) => decoded(&format!("window:{}", end - start), &row.key[..row.key.len() - 4]),
        None => decoded("string", &row.key),
    };
    json!([key, value])
}

fn decoded(kind: &str, bytes: &[u8]) -> Value {
    match kind.split_once(':') {
        Some(("window", size)) => {
            let (key, start) = bytes.split_last_chunk().expect("a windowed key ends with its start");
            let start = i64::from_be_bytes(*start);
            let end = start.saturating_add(size.parse().unwrap());
            json!({ "key": text(key), "start": start, "end": end })
        }
        None if kind == "long" => i64::from_be_bytes(bytes.try_into().expect("a long has 8 bytes")).into(),
        None if kind == "string" => text(bytes).into(),
        _ => panic!("the data files have no type `{kind}`"),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
