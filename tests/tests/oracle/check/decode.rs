//! Shows bytes in the format of the data files.

use std::collections::BTreeMap;

use millstream::state::{RawRow, StoreKind};
use millstream::test::RawOutput;
use millstream::{Headers, Timestamp};
use serde_json::{Value, json};

/// A record of an output topic with these types.
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
        object["headers"] = headers(&record.headers);
    }
    object
}

fn headers(headers: &Headers) -> Value {
    headers.iter().map(|header| json!([header.name, header.value.as_deref().map(header_text)])).collect()
}

/// A row of a store of this kind. It is shown with a time if the row has one. The data files do not name the types of
/// stores, so the first expected row determines the value's type and the window's size.
pub(crate) fn row(kind: StoreKind, expected: &[Value], row: &RawRow) -> Value {
    let form = expected.first().cloned().unwrap_or_default();
    let value_form = if form[1].is_object() { &form[1]["value"] } else { &form[1] };
    let value = match value_form {
        form if form.is_object() => subscription(&row.value),
        form => decoded(if form.is_number() { "long" } else { "string" }, &row.value),
    };
    let mut value = match row.timestamp {
        Timestamp::UNKNOWN => value,
        time => json!({ "value": value, "ts": time.as_millis() }),
    };
    if !row.headers.is_empty() {
        value["headers"] = headers(&row.headers);
    }
    let key = match kind {
        StoreKind::Window => windowed_key(&form[0], &row.key),
        StoreKind::Session => decoded("session", &row.key),
        _ if value_form.is_object() => Value::from(hex(&row.key)),
        _ => decoded("string", &row.key),
    };
    json!([key, value])
}

/// The subscription of a foreign-key join; its key is shown as hexadecimal text.
fn subscription(bytes: &[u8]) -> Value {
    const INSTRUCTIONS: [&str; 4] = [
        "DELETE_KEY_NO_PROPAGATE",
        "DELETE_KEY_AND_PROPAGATE",
        "PROPAGATE_NULL_IF_NO_FK_VAL_AVAILABLE",
        "PROPAGATE_ONLY_IF_FK_VAL_AVAILABLE",
    ];
    let ([version, instruction], rest) = bytes.split_first_chunk().unwrap();
    let (hash, rest) = rest.split_at(if version & 0x80 == 0 { 16 } else { 0 });
    let (key, partition) = rest.split_last_chunk().unwrap();
    assert_eq!(*partition, [0; 4], "the driver has one partition");
    json!({
        "instruction": INSTRUCTIONS[usize::from(*instruction)],
        "hash": hex(hash),
        "pk": text(key),
        "version": version & 0x7f,
    })
}

/// A row of the records of a join without a match: all of one key, time and side.
pub(crate) fn unmatched_rows(row: &RawRow) -> Vec<Value> {
    let name = |side: u8| if side == 1 { "left" } else { "right" };
    let (time, rest) = row.key.split_first_chunk().expect("the key begins with a time");
    let (side, key) = rest.split_first().expect("a side follows the time");
    let key = json!({ "key": text(key), "ts": i64::from_be_bytes(*time), "side": name(*side) });
    let mut values = &row.value[5..];
    let mut rows = Vec::new();
    while let Some((length, rest)) = values.split_first_chunk() {
        let (value, rest) = rest.split_at(i32::from_be_bytes(*length).try_into().unwrap());
        rows.push(json!([key.clone(), { name(value[0]): text(&value[1..]) }]));
        values = rest;
    }
    rows
}

/// The stored key of a window: as in a topic, followed by a sequence number, which the data files do not show. The first
/// changelog records do.
fn windowed_key(form: &Value, bytes: &[u8]) -> Value {
    let size = form["end"].as_i64().unwrap_or(0) - form["start"].as_i64().unwrap_or(0);
    let (key, _) = bytes.split_last_chunk::<4>().expect("the stored key of a window ends with a sequence number");
    decoded(&format!("window:{size}"), key)
}

/// The bytes of a key or value of an input topic; `None` for null.
pub(crate) fn encoded(kind: &str, value: &Value) -> Option<Vec<u8>> {
    match (kind, value) {
        (_, Value::Null) => None,
        ("long", value) => Some(value.as_i64().unwrap().to_be_bytes().to_vec()),
        ("string", value) => Some(value.as_str().unwrap().as_bytes().to_vec()),
        ("bytes", value) => Some(bytes_of_hex(value.as_str().unwrap())),
        _ => panic!("the inputs have no type `{kind}`"),
    }
}

fn bytes_of_hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn decoded(kind: &str, bytes: &[u8]) -> Value {
    match kind.split_once(':') {
        Some(("window", size)) => {
            let (key, start) = bytes.split_last_chunk().expect("a windowed key ends with its start");
            let start = i64::from_be_bytes(*start);
            let end = start.saturating_add(size.parse().unwrap());
            json!({ "key": text(key), "start": start, "end": end })
        }
        None if kind == "session" => {
            let (rest, start) = bytes.split_last_chunk().expect("a session's key ends with its start");
            let (key, end) = rest.split_last_chunk().expect("before it is the session's end");
            json!({ "key": text(key), "start": i64::from_be_bytes(*start), "end": i64::from_be_bytes(*end) })
        }
        None if kind == "long" => i64::from_be_bytes(bytes.try_into().expect("a long has 8 bytes")).into(),
        None if kind == "string" => text(bytes).into(),
        None if kind == "bytes" => hex(bytes).into(),
        _ => panic!("the data files have no type `{kind}`"),
    }
}

/// The value of a header; one with control characters as hexadecimal digits.
fn header_text(bytes: &[u8]) -> String {
    if bytes.iter().any(u8::is_ascii_control) { format!("hex:{}", hex(bytes)) } else { text(bytes) }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
