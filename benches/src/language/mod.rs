//! Windows, joins, tables and suppress, each as a topology of its own on the in-process log.
//!
//! The stores are in memory or, with the feature `rocksdb`, on disk: `cargo run --release -p millstream-benches --features
//! rocksdb -- RocksDB`. A unit is an input record. Reading, decoding, the changelog, the output and commits every 100 ms are part of
//! its time, and of "with no operator", which is what the others cost at least.

mod input;
mod place;
mod run;
mod topologies;
mod truth;

use self::input::RECORDS;
use self::place::Place;
use self::topologies::Language;
use crate::report::Measurement;

pub(crate) fn measure() -> Vec<Measurement> {
    let places = Place::all();
    let measured = places.into_iter().flat_map(|place| Language::ALL.map(|language| measurement(language, place)));
    measured.collect()
}

fn measurement(language: Language, place: Place) -> Measurement {
    let name: &'static str = format!("{}, {}", language.name(), place.name()).leak();
    let prepare = move || -> crate::report::Run { Box::new(move || run::measure(language, place)) };
    Measurement { name, target: "–", units: RECORDS, prepare: Box::new(prepare) }
}
