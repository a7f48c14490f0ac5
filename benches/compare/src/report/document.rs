//! Results on standard output, and in documents between two markers.

use std::fs;
use std::path::Path;

use clap::ValueEnum;

use super::results::{Results, Row, SteadyRow};
use super::{Environment, markdown, steady, svg};
use crate::Outcome;
use crate::contender::Contender;
use crate::measure::RECORDS_PER_SECOND;
use crate::scenario::Scenario;
use crate::settings;
use crate::workload::Workload;

/// The section that is in the README too, in a short form.
const SHORT: &str = "equal";

/// All sections, whether or not they are measured this time.
const SECTIONS: [&str; 6] = [SHORT, "best", "latency", "restore", "memory", "steady"];

/// Prints everything.
pub(crate) fn print(results: &Results, environment: &Environment) {
    println!("{}", environment.describe());
    sections(results).iter().for_each(|(_, text)| println!("{text}"));
}

/// Writes what was measured into `PERFORMANCE.md` in this directory, with its picture, and the short form into the
/// README beside it. Sections that were not measured stay as they are.
pub(crate) fn write(results: &Results, environment: &Environment, docs: &Path) -> Outcome<()> {
    for (section, text) in sections(results) {
        replace(&docs.join("PERFORMANCE.md"), section, &format!("{}\n{text}", environment.describe()))?;
    }
    if results.equal.is_empty() {
        return Ok(());
    }
    replace(&docs.join("../README.md"), SHORT, &markdown::cpu(&results.equal, true))?;
    Ok(fs::write(docs.join("performance.svg"), svg::draw(&results.equal))?)
}

/// An error if these documents have no markers for results; it is checked before the measurements.
pub(crate) fn check(docs: &Path) -> Outcome<()> {
    SECTIONS.iter().try_for_each(|section| around(&docs.join("PERFORMANCE.md"), section).map(drop))?;
    around(&docs.join("../README.md"), SHORT).map(drop)
}

fn replace(file: &Path, section: &str, text: &str) -> Outcome<()> {
    let (before, after) = around(file, section)?;
    Ok(fs::write(file, format!("{before}\n{}\n{after}", text.trim_end()))?)
}

/// A document up to the end of a section's first marker, and from its second one on; this program makes what is between.
fn around(file: &Path, section: &str) -> Outcome<(String, String)> {
    let wrong = |what: &str| format!("{}: {what}", file.display());
    let document = fs::read_to_string(file).map_err(|error| wrong(&error.to_string()))?;
    let (begin, end) = (format!("<!-- {section}: begin -->"), format!("<!-- {section}: end -->"));
    let (before, rest) = document.split_once(&begin).ok_or_else(|| wrong(&format!("there is no {begin}")))?;
    let (_, after) = rest.split_once(&end).ok_or_else(|| wrong(&format!("there is no {end}")))?;
    Ok((format!("{before}{begin}"), format!("{end}{after}")))
}

/// What was measured, section by section.
fn sections(results: &Results) -> Vec<(&'static str, String)> {
    let Results { equal, best, latency, restore, memory, steady } = results;
    let all = [
        (equal.is_empty(), equal_settings(equal)),
        (best.is_empty(), best_settings(best)),
        (latency.is_empty(), format!("At {RECORDS_PER_SECOND} records/s.\n\n{}", markdown::latency(latency))),
        (restore.is_empty(), markdown::restore(restore)),
        (memory.is_empty(), markdown::memory(memory)),
        (steady.is_empty(), steady_loads(steady)),
    ];
    let named = SECTIONS.into_iter().zip(all);
    named.filter(|(_, (is_empty, _))| !is_empty).map(|(section, (_, text))| (section, text)).collect()
}

fn equal_settings(rows: &[Row]) -> String {
    let settings = settings::describe(&settings::equal(Workload::Filter));
    let (cpu, details) = (markdown::cpu(rows, true), markdown::details(rows));
    format!("CPU µs per input record; {settings} for all.\n\n{cpu}\n{details}")
}

fn best_settings(rows: &[Row]) -> String {
    let of = |contender: Contender| settings::describe(&settings::best(contender));
    let (cpu, details) = (markdown::cpu(rows, false), markdown::details(rows));
    let (ours, rival) = (of(Contender::Millstream), of(Contender::KafkaStreams));
    format!("CPU µs per input record. Millstream: {ours}. Kafka Streams: {rival}.\n\n{cpu}\n{details}")
}

fn steady_loads(rows: &[SteadyRow]) -> String {
    let settings = settings::describe(&Scenario::CachedWordCount.settings(Contender::Millstream));
    let defaults = Contender::value_variants().iter().filter(|contender| contender.takes(Workload::WordCount));
    let defaults = defaults
        .map(|contender| format!("{}: {}", contender.title(), settings::describe(&settings::defaults(*contender))));
    format!(
        "{settings} for all, and no cache where there is no caching; the defaults: {}.\n\n{}",
        defaults.collect::<Vec<_>>().join("; "),
        steady::steady(rows)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_have_markers_for_every_section() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
        assert!(check(&docs).is_ok(), "{:?}", check(&docs));
    }

    #[test]
    fn a_section_is_replaced_and_nothing_around_it() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("PERFORMANCE.md");
        fs::write(&file, "a\n<!-- best: begin -->\nold\n<!-- best: end -->\nb\n").expect("a file");
        for _ in 0..2 {
            replace(&file, "best", "new\n\n").expect("there is a place");
            let written = fs::read_to_string(&file).expect("a file");
            assert_eq!(written, "a\n<!-- best: begin -->\nnew\n<!-- best: end -->\nb\n");
        }
        let refused = replace(&file, "memory", "new").map_err(|error| error.to_string());
        assert!(refused.is_err_and(|reason| reason.ends_with("there is no <!-- memory: begin -->")));
    }
}
