//! What a process tells of itself.

use std::collections::BTreeMap;

use super::error::DecodeError;
use super::reader::Reader;
use super::task_set;
use super::writer::Writer;
use crate::copy_state::CopyState;
use crate::process_report::ProcessReport;

pub(super) fn write(to: &mut Writer, report: &ProcessReport) {
    optional_text(to, report.application_server.as_deref());
    optional_text(to, report.rack.as_deref());
    to.count(report.tags.len());
    for (key, value) in &report.tags {
        to.text(key);
        to.text(value);
    }
    task_set::write(to, report.on_disk.keys());
    for state in report.on_disk.values() {
        to.wide(match *state {
            CopyState::Running => 0,
            CopyState::Unknown => 1,
            CopyState::At { offset_sum } => u128::from(offset_sum) << 2 | 2,
            CopyState::Behind { records } => u128::from(records) << 2 | 3,
        });
    }
}

pub(super) fn read(from: &mut Reader<'_>) -> Result<ProcessReport, DecodeError> {
    let application_server = read_optional_text(from, "the application server")?;
    let rack = read_optional_text(from, "the rack")?;
    let mut tags = BTreeMap::new();
    for _ in 0..from.count(2, "the tags")? {
        let key = from.text("the tags")?.to_owned();
        tags.insert(key, from.text("the tags")?.to_owned());
    }
    let tasks = task_set::read(from, "the tasks on disk")?;
    let states = tasks.into_iter().map(|task| Ok((task, read_state(from)?)));
    Ok(ProcessReport { application_server, rack, tags, on_disk: states.collect::<Result<_, DecodeError>>()? })
}

fn read_state(from: &mut Reader<'_>) -> Result<CopyState, DecodeError> {
    const WHAT: &str = "the state of a copy";
    let wide = from.wide(WHAT)?;
    let value = u64::try_from(wide >> 2).map_err(|_| DecodeError::Malformed(WHAT))?;
    match (wide & 3, value) {
        (0, 0) => Ok(CopyState::Running),
        (1, 0) => Ok(CopyState::Unknown),
        (2, offset_sum) => Ok(CopyState::At { offset_sum }),
        (3, records) => Ok(CopyState::Behind { records }),
        _ => Err(DecodeError::Malformed(WHAT)),
    }
}

/// A text with one added to its length, or 0.
fn optional_text(to: &mut Writer, text: Option<&str>) {
    to.count(text.map_or(0, |text| text.len() + 1));
    to.bytes.extend(text.unwrap_or_default().as_bytes());
}

fn read_optional_text(from: &mut Reader<'_>, what: &'static str) -> Result<Option<String>, DecodeError> {
    let length: usize = from.number(what)?;
    let Some(length) = length.checked_sub(1) else { return Ok(None) };
    let text = str::from_utf8(from.take(length, what)?).map_err(|_| DecodeError::Malformed(what))?;
    Ok(Some(text.to_owned()))
}
