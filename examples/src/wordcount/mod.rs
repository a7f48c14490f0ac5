//! Word count through the whole path: source topic, words, repartition topic, counted in a store with a changelog,
//! output topic.
//!
//! | file | what it holds |
//! |---|---|
//! | `topology`, `word` | the pipeline, and what a word is |
//! | `inputs`, `blocks` | which texts to read, and reading them |
//! | `feed` | texts into the source topic, no faster than they are counted |
//! | `run` | from inputs to counts: log, application, feeding, waiting, reading the result |
//! | `progress`, `report` | what is shown while it works and when it is done |

mod blocks;
mod error;
mod feed;
mod inputs;
mod progress;
mod report;
mod run;
mod topology;
mod word;

pub use error::WordCountError;
pub use inputs::{Input, Inputs};
pub use progress::{Progress, ProgressLines};
pub use report::{Report, Stage};
pub use run::{Settings, run};
pub use topology::{APPLICATION_ID, COUNTS, LINES, REPARTITION, STORE, Words, topology};
pub use word::Word;
