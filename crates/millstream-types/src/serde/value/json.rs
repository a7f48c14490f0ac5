//! A `Value` as JSON.

use serde_json::{Map, Number, Value as Json};

use super::Value;
use super::bytes::check_depth;
use crate::SerdeError;

/// What errors call the type.
const TYPE_NAME: &str = "JSON Value";

/// Appends `value` as JSON, maps in the order of their names.
pub(super) fn encode(value: &Value, out: &mut Vec<u8>) -> Result<(), SerdeError> {
    let json = to_json(value, 0).map_err(|reason| SerdeError::unwritable(TYPE_NAME, reason))?;
    serde_json::to_writer(out, &json).map_err(|error| SerdeError::unwritable(TYPE_NAME, error))
}

/// Reads a value from JSON.
pub(super) fn decode(bytes: &[u8]) -> Result<Value, SerdeError> {
    let json = serde_json::from_slice(bytes).map_err(|error| SerdeError::malformed(TYPE_NAME, error, bytes))?;
    from_json(json, 0).map_err(|reason| SerdeError::malformed(TYPE_NAME, reason, bytes))
}

fn to_json(value: &Value, depth: usize) -> Result<Json, String> {
    Ok(match value {
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => Json::Number((*value).into()),
        Value::Float(value) => Number::from_f64(*value).map(Json::Number).ok_or(format!("JSON has no {value}"))?,
        Value::Text(value) => Json::String(value.as_ref().to_owned()),
        Value::Bytes(_) => return Err("JSON has no raw bytes; turn them into text first".to_owned()),
        Value::List(values) => {
            check_depth(depth)?;
            Json::Array(values.iter().map(|value| to_json(value, depth + 1)).collect::<Result<_, _>>()?)
        }
        Value::Map(values) => {
            check_depth(depth)?;
            let member = |(name, value): (&std::sync::Arc<str>, _)| Ok((name.to_string(), to_json(value, depth + 1)?));
            Json::Object(values.iter().map(member).collect::<Result<Map<_, _>, String>>()?)
        }
    })
}

fn from_json(json: Json, depth: usize) -> Result<Value, String> {
    Ok(match json {
        Json::Null => return Err("null is absence and stands neither alone nor in a list".to_owned()),
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => number_from_json(&number)?,
        Json::String(value) => Value::Text(value.into()),
        Json::Array(values) => {
            check_depth(depth)?;
            values.into_iter().map(|value| from_json(value, depth + 1)).collect::<Result<_, _>>()?
        }
        Json::Object(members) => {
            check_depth(depth)?;
            let present = members.into_iter().filter(|(_, value)| !value.is_null());
            present.map(|(name, value)| Ok((name, from_json(value, depth + 1)?))).collect::<Result<Value, String>>()?
        }
    })
}

/// A number without fraction and exponent that fits becomes an `Int`, every other a `Float`.
fn number_from_json(number: &Number) -> Result<Value, String> {
    let int = number.as_i64().map(Value::Int);
    int.or_else(|| number.as_f64().map(Value::Float)).ok_or_else(|| format!("{number} is out of range"))
}
