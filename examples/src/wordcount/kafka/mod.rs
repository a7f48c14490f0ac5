//! The word count on a real Kafka.
//!
//! | file | what it holds |
//! |---|---|
//! | `settings` | from arguments to a log and an application's settings |
//! | `broker` | requests to the cluster: which topics there are, create them, where they end |
//! | `store` | where the counts are kept |
//! | `service` | the application and its HTTP server, until it is stopped |
//! | `terminal` | what is printed for a person |
//! | `show` | the counts that the output topic holds |

mod broker;
mod service;
mod settings;
mod show;
mod store;
mod terminal;

use self::broker::Broker;
use super::{Arguments, WordCountError};

/// Partitions of the topics it creates.
const PARTITIONS: u32 = 4;

/// Does on Kafka what the arguments say: counts until it is stopped, or only feeds, or only shows.
///
/// # Errors
/// When the settings, the cluster or its topics are not as they have to be, or the application fails.
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
