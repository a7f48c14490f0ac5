//! Reading JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::TYPE_NAME;
use crate::SerdeError;
use crate::serde::value::Value;
use crate::serde::value::bytes::check_depth;
use crate::serde::value::number::number_len;

/// Reads a value from all of `bytes`.
pub(in crate::serde::value) fn decode(bytes: &[u8]) -> Result<Value, SerdeError> {
    let mut reader = Reader { bytes, at: 0 };
    let value = reader.value(0)?;
    reader.skip_spaces();
    if reader.at < bytes.len() {
        return Err(reader.malformed(format_args!("it ends, and more follows at byte {}", reader.at)));
    }
    Ok(value)
}

/// The JSON, and the position in it.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Reads a value inside `depth` lists and maps.
    fn value(&mut self, depth: usize) -> Result<Value, SerdeError> {
        self.skip_spaces();
        let rest = &self.bytes[self.at..];
        for (word, value) in [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))] {
            if rest.starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(value);
            }
        }
        match rest.first() {
            Some(b'"') => self.text().map(|text| Value::Text(text.into())),
            Some(b'[') => self.list(depth),
            Some(b'{') => self.map(depth),
            _ => self.number(),
        }
    }

    fn number(&mut self) -> Result<Value, SerdeError> {
        let rest = &self.bytes[self.at..];
        let text = number_len(rest).and_then(|len| std::str::from_utf8(&rest[..len]).ok());
        let (text, value) = text
            .and_then(|text| Some((text, Value::number(text).ok()?)))
            .ok_or_else(|| self.malformed(format_args!("a value should begin at byte {}", self.at)))?;
        self.at += text.len();
        Ok(value)
    }

    fn list(&mut self, depth: usize) -> Result<Value, SerdeError> {
        self.enter(depth)?;
        let mut values = Vec::new();
        if self.takes(b']') {
            return Ok(Value::List(values));
        }
        loop {
            values.push(self.value(depth + 1)?);
            if self.takes(b']') {
                return Ok(Value::List(values));
            }
            self.expect(b',', "a comma or the list's end")?;
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, SerdeError> {
        self.enter(depth)?;
        let mut members = BTreeMap::new();
        if self.takes(b'}') {
            return Ok(Value::Map(members));
        }
        loop {
            self.member(depth, &mut members)?;
            if self.takes(b'}') {
                return Ok(Value::Map(members));
            }
            self.expect(b',', "a comma or the map's end")?;
        }
    }

    fn member(&mut self, depth: usize, members: &mut BTreeMap<Arc<str>, Value>) -> Result<(), SerdeError> {
        self.skip_spaces();
        let start = self.at;
        if self.bytes.get(start) != Some(&b'"') {
            return Err(self.malformed(format_args!("a member's name should begin at byte {start}")));
        }
        let name: Arc<str> = self.text()?.into();
        self.expect(b':', "a colon")?;
        let value = self.value(depth + 1)?;
        if members.contains_key(&name) {
            let reason = format_args!("the member at byte {start} has the name of an earlier one");
            return Err(self.malformed(reason).with_details(format!("the name is \"{name}\"")));
        }
        members.insert(name, value);
        Ok(())
    }

    /// Reads a text, from its opening quote.
    fn text(&mut self) -> Result<Cow<'a, str>, SerdeError> {
        let start = self.at;
        let fault = |reader: &Self, what| reader.malformed(format_args!("the text that begins at byte {start} {what}"));
        let len = text_len(&self.bytes[start + 1..]).ok_or_else(|| fault(self, "has no end"))?;
        let inner = &self.bytes[start + 1..=start + len];
        self.at = start + len + 2;
        if inner.iter().any(|byte| *byte < b' ') {
            return Err(fault(self, "holds a control character"));
        }
        let text = std::str::from_utf8(inner).map_err(|error| fault(self, "is not UTF-8").with_source(error))?;
        if !text.contains('\\') {
            return Ok(Cow::Borrowed(text));
        }
        let quoted = &self.bytes[start..self.at];
        let unescaped = serde_json::from_slice(quoted);
        unescaped.map(Cow::Owned).map_err(|_| fault(self, "holds an escape that stands for no character"))
    }

    /// Reads the bracket that opens a list or map inside `depth` others.
    fn enter(&mut self, depth: usize) -> Result<(), SerdeError> {
        self.at += 1;
        check_depth(depth).map_err(|reason| self.malformed(reason))
    }

    /// Reads `byte` if it is next. Returns whether it was.
    fn takes(&mut self, byte: u8) -> bool {
        self.skip_spaces();
        let is_next = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, byte: u8, what: &str) -> Result<(), SerdeError> {
        if self.takes(byte) {
            return Ok(());
        }
        Err(self.malformed(format_args!("{what} should follow at byte {}", self.at)))
    }

    fn skip_spaces(&mut self) {
        let spaces = self.bytes[self.at..].iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t'));
        self.at += spaces.count();
    }

    fn malformed(&self, reason: impl std::fmt::Display) -> SerdeError {
        SerdeError::malformed(TYPE_NAME, reason, self.bytes)
    }
}

/// The number of bytes before the quote that ends a text.
fn text_len(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}
