//! A process that counts words until it is killed: `member BOOTSTRAP APPLICATION-ID`.

use std::time::Duration;

use millstream::events::State;
use millstream::kafka::KafkaLog;
use millstream::{Streams, StreamsConfig};
use millstream_kafka_tests::word_count;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let bootstrap = arguments.next().ok_or("the broker's address is missing")?;
    let application = arguments.next().ok_or("the application's id is missing")?;
    let config = StreamsConfig { session_timeout: Duration::from_secs(3), ..StreamsConfig::new(application) };
    let streams = Streams::new(word_count()?, config).with_log(KafkaLog::new(&bootstrap)).start()?;
    match streams.wait_until(State::Closed, Duration::MAX) {
        State::Closed => Ok(()),
        other => Err(format!("it ended as {other:?}").into()),
    }
}
