//! An application inside a program: start it, observe its state, query its store, close it; once in synchronous, once in
//! asynchronous code. No particular executor is needed; here it is the one of the `futures` crate.
//!
//! Run it with `cargo run -p millstream-examples --example embedding`.

use std::error::Error;
use std::time::Duration;

use futures::StreamExt;
use futures::executor::block_on;
use millstream::events::{EventSettings, State};
use millstream::logs::InProcessLog;
use millstream::{
    RecordBytes, Streams, StreamsBuilder, StreamsConfig, StreamsHandle, Timestamp, TopicPartition, Topology,
};

const LIMIT: Duration = Duration::from_secs(10);

fn topology() -> Result<Topology, millstream::TopologyError> {
    let builder = StreamsBuilder::new();
    builder.stream::<String, String>("clicks").group_by_key().count("clicks-per-user");
    builder.build()
}

/// An application whose source topic holds two clicks.
fn start() -> Result<StreamsHandle, Box<dyn Error>> {
    let log = InProcessLog::new();
    log.create_topic("clicks", 1)?;
    for page in ["home", "news"] {
        let partition = TopicPartition::new("clicks", 0);
        log.append(&partition, &RecordBytes::new(Timestamp::from_millis(0), Some(b"anna"), Some(page.as_bytes())))?;
    }
    // By default events go to standard output, a line of JSON each; here the listener prints them.
    let quiet = EventSettings { lines: false, ..EventSettings::default() };
    let config = StreamsConfig { events: quiet, ..StreamsConfig::new("clicks") };
    let listen = |event: &millstream::events::Event| println!("  {event}");
    Ok(Streams::new(topology()?, config).with_log(log).with_listener(listen).start()?)
}

fn in_synchronous_code() -> Result<Option<i64>, Box<dyn Error>> {
    let streams = start()?;
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    let mut count = None;
    while count < Some(2) {
        let response = streams.key_value_store::<String, i64>("clicks-per-user").get("anna".to_owned());
        count = response.wait(LIMIT)?.map(|row| row.value);
    }
    streams.close_blocking(LIMIT)?;
    Ok(count)
}

async fn in_asynchronous_code() -> Result<Vec<State>, Box<dyn Error>> {
    let streams = start()?;
    let mut changes = streams.state_changes();
    let mut states = Vec::new();
    while let Some(state) = changes.next().await {
        states.push(state);
        if state == State::Running {
            streams.close().await?;
        }
    }
    Ok(states)
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("in synchronous code:");
    println!("anna clicked {} times", in_synchronous_code()?.unwrap_or(0));
    println!("in asynchronous code:");
    println!("the states were {:?}", block_on(in_asynchronous_code())?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn synchronous_code_starts_queries_and_closes() {
        assert_eq!(in_synchronous_code().expect("it runs"), Some(2));
    }

    #[test]
    fn asynchronous_code_sees_every_state() {
        let states = block_on(in_asynchronous_code()).expect("it runs");
        assert_eq!(states[states.len() - 3..], [State::Running, State::Draining, State::Closed]);
    }
}
