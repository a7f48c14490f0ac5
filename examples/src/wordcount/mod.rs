//! Word count through a whole pipeline: source topic, words, repartition topic, counted in a store with a changelog,
//! output topic.
//!
//! | file | content |
//! |---|---|
//! | `arguments` | the arguments of the program |
//! | `topology`, `word` | the pipeline, and what a word is |
//! | `inputs`, `blocks`, `lines` | which texts to read, reading them, and writing their lines to a topic |
//! | `run`, `feed` | in one process: log, application, feeding no faster than it counts, waiting, reading the result |
//! | `kafka` | the same pipeline on Kafka, until it is stopped |
//! | `progress`, `report`, `counts`, `output` | what is shown while it works and when it is done |

mod arguments;
mod blocks;
mod counts;
mod error;
mod feed;
mod inputs;
mod kafka;
mod lines;
mod output;
mod progress;
mod report;
mod run;
mod topology;
mod word;

pub use arguments::{Arguments, KafkaArguments, StoreKind};
pub use counts::Counts;
pub use error::WordCountError;
pub use inputs::{Input, Inputs};
pub use kafka::on_kafka;
pub use output::{print, say};
pub use progress::{Progress, ProgressLines};
pub use report::{Report, Stage};
pub use run::{Settings, run};
pub use topology::{APPLICATION_ID, COUNTS, LINES, REPARTITION, STORE, Words, topology};
pub use word::Word;
