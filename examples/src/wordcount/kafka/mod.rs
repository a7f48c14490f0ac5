//! The word count on a real Kafka.
//!
//! | file | content |
//! |---|---|
//! | `settings` | the log and the application's settings, from the arguments |
//! | `broker` | requests to the cluster: topics and offset ranges |
//! | `store` | where the counts are kept |
//! | `http` | its HTTP server |
//! | `service` | the application, until it is stopped |
//! | `terminal` | the output for a terminal |
//! | `show` | the counts that the output topic holds |

mod broker;
mod http;
mod service;
mod settings;
mod show;
mod store;
mod terminal;

use self::broker::Broker;
use super::{Arguments, WordCountError};

/// Partitions of the topics it creates.
const PARTITIONS: u32 = 4;

/// Runs on Kafka: counts until it is stopped, or only feeds, or only shows the counts.
///
/// # Errors
/// When settings or topics are invalid, the cluster cannot be reached, or the application fails.
pub fn on_kafka(arguments: &Arguments) -> Result<(), WordCountError> {
    let log = settings::log(&arguments.kafka)?;
    let mut broker = Broker::connect(&log, settings::address(&arguments.kafka), arguments.kafka.connect_limit)?;
    let (source, output) = (arguments.kafka.source.as_str(), arguments.kafka.output.as_str());
    if arguments.kafka.create_topics {
        broker.create_missing(source, output, arguments.partitions.map_or(PARTITIONS, |count| count.get()))?;
    }
    if arguments.kafka.show {
        let partitions = broker.partitions(&[output])?[0];
        let counts = show::read(&log, &mut broker, output, partitions)?;
        return show::show(arguments, &counts);
    }
    let partitions = broker.partitions(&[source, output])?[0];
    drop(broker);
    if arguments.kafka.feed_only {
        service::feed(arguments, &log, partitions)
    } else {
        service::run(arguments, &log, partitions)
    }
}
