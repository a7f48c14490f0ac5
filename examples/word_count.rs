//! Word count in ten lines, run on a log inside the process: lines into one topic, counts out of another.
//!
//! Run it with `cargo run -p millstream-examples --example word_count`. The binary `wordcount` is the same pipeline for
//! real files, with figures.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::{Duration, Instant};

use millstream::events::EventSettings;
use millstream::logs::InProcessLog;
use millstream::{Data, RecordBytes, Streams, StreamsBuilder, StreamsConfig, Timestamp, TopicPartition, Topology};

fn topology() -> Result<Topology, millstream::TopologyError> {
    let builder = StreamsBuilder::new();
    builder
        .stream::<(), String>("lines")
        .flat_map_values(|_key, line| line.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>())
        .group_by(|_key, word| word.clone())
        .count("word-counts")
        .to_stream()
        .to("counts");
    builder.build()
}

fn main() -> Result<(), Box<dyn Error>> {
    let log = InProcessLog::new();
    log.create_topic("lines", 2)?;
    log.create_topic("counts", 2)?;
    for (number, line) in ["All streams lead", "to all streams", "all of them"].into_iter().enumerate() {
        let partition = TopicPartition::new("lines", number as u32 % 2);
        log.append(&partition, &RecordBytes::new(Timestamp::from_millis(0), None, Some(line.as_bytes())))?;
    }

    // By default an application writes events to standard output, which here is for the counts alone.
    let quiet = EventSettings { lines: false, ..EventSettings::default() };
    let config = StreamsConfig { events: quiet, ..StreamsConfig::new("word-count") };
    let streams = Streams::new(topology()?, config).with_log(log.clone()).start()?;
    let deadline = Instant::now() + Duration::from_secs(10);
    while counts(&log)?.values().sum::<i64>() < 9 {
        assert!(Instant::now() < deadline, "nine words are counted within ten seconds");
        std::thread::sleep(Duration::from_millis(10));
    }
    streams.close_blocking(Duration::from_secs(10))?;

    for (word, count) in counts(&log)? {
        println!("{count} {word}");
    }
    Ok(())
}

/// The latest count of each word in the output topic.
fn counts(log: &InProcessLog) -> Result<BTreeMap<String, i64>, Box<dyn Error>> {
    let records = log.records("counts")?.into_iter();
    let parsed = records.map(|record| {
        let (word, count) = (record.key.unwrap_or_default(), record.value.unwrap_or_default());
        Ok((String::decode(&word)?, i64::decode(&count)?))
    });
    parsed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use millstream::test::TopologyTestDriver;

    #[test]
    fn words_are_counted_whatever_their_case() -> Result<(), Box<dyn Error>> {
        let driver = TopologyTestDriver::new(&topology()?)?;
        driver.input_topic::<(), String>("lines").pipe((), "Stream by stream")?;
        let counts = driver.output_topic::<String, i64>("counts").read_all_key_values()?;
        let expected = [("stream", 1), ("by", 1), ("stream", 2)].map(|(word, count)| (word.to_owned(), count));
        assert_eq!(counts, expected);
        Ok(())
    }
}
