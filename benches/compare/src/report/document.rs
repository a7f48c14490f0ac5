//! Results on standard output, and in documents between two markers.

use std::fs;
use std::path::Path;

use super::results::Results;
use super::{Environment, markdown, svg};
use crate::Outcome;
use crate::contender::Contender;
use crate::measure::RECORDS_PER_SECOND;
use crate::settings;

/// What stands between these in a document is made by this program.
const BEGIN: &str = "<!-- measured: begin -->";
const END: &str = "<!-- measured: end -->";

/// Prints everything.
pub(crate) fn print(results: &Results, environment: &Environment) {
    println!("{}", render(results, environment));
}

/// Writes everything to `PERFORMANCE.md` in this directory, with its picture, and the short form to the project's README.
pub(crate) fn write(results: &Results, environment: &Environment, docs: &Path) -> Outcome<()> {
    replace(&docs.join("PERFORMANCE.md"), &render(results, environment))?;
    replace(&docs.join("../README.md"), &markdown::cpu(&results.equal, true))?;
    Ok(fs::write(docs.join("performance.svg"), svg::draw(&results.equal))?)
}

/// An error if there is no place for results in these documents: better told before they are taken.
pub(crate) fn check(docs: &Path) -> Outcome<()> {
    around(&docs.join("PERFORMANCE.md"))?;
    around(&docs.join("../README.md")).map(drop)
}

fn replace(file: &Path, text: &str) -> Outcome<()> {
    let (before, after) = around(file)?;
    Ok(fs::write(file, format!("{before}{BEGIN}\n{}\n{END}{after}", text.trim_end()))?)
}

/// What stands before and after the markers of a document.
fn around(file: &Path) -> Outcome<(String, String)> {
    let wrong = |what: &str| format!("{}: {what}", file.display());
    let document = fs::read_to_string(file).map_err(|error| wrong(&error.to_string()))?;
    let (before, rest) = document.split_once(BEGIN).ok_or_else(|| wrong("there is no begin marker"))?;
    let (_, after) = rest.split_once(END).ok_or_else(|| wrong("there is no end marker"))?;
    Ok((before.to_owned(), after.to_owned()))
}

fn render(results: &Results, environment: &Environment) -> String {
    let mut text = environment.describe();
    section(&mut text, results.equal.is_empty(), "Equal settings", || {
        let settings = settings::describe(&settings::equal(crate::workload::Workload::Filter));
        let (cpu, details) = (markdown::cpu(&results.equal, true), markdown::details(&results.equal));
        format!("CPU µs per input record; {settings} for all.\n\n{cpu}\n{details}")
    });
    section(&mut text, results.best.is_empty(), "Each at its best settings", || {
        let of = |contender: Contender| settings::describe(&settings::best(contender));
        let (cpu, details) = (markdown::cpu(&results.best, false), markdown::details(&results.best));
        let (ours, rival) = (of(Contender::Millstream), of(Contender::KafkaStreams));
        format!("CPU µs per input record. Millstream: {ours}. Kafka Streams: {rival}.\n\n{cpu}\n{details}")
    });
    section(&mut text, results.latency.is_empty(), "End-to-end latency", || {
        format!("A pass-through at {RECORDS_PER_SECOND} records/s.\n\n{}", markdown::latency(&results.latency))
    });
    section(&mut text, results.restore.is_empty(), "Restoring", || markdown::restore(&results.restore));
    section(&mut text, results.memory.is_empty(), "Memory of the keyed count", || markdown::memory(&results.memory));
    text
}

fn section(text: &mut String, is_empty: bool, title: &str, body: impl Fn() -> String) {
    if !is_empty {
        *text += &format!("\n### {title}\n\n{}", body());
    }
}
