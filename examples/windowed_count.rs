//! Counting per minute: tumbling windows with a grace period of ten seconds; later records are dropped.
//!
//! Run it with `cargo run -p millstream-examples --example windowed_count`.

use std::error::Error;
use std::time::Duration;

use millstream::test::TopologyTestDriver;
use millstream::{StreamsBuilder, TimeWindows, Topology, TopologyError};

fn topology() -> Result<Topology, TopologyError> {
    let minutes = TimeWindows::of_size_and_grace(Duration::from_secs(60), Duration::from_secs(10));
    let builder = StreamsBuilder::new();
    builder
        .stream::<String, String>("clicks")
        .group_by_key()
        .windowed_by(minutes)
        .count("clicks-per-minute")
        .to_stream()
        .map(|windowed, count| {
            (format!("{} in minute {}", windowed.key, windowed.window.start.as_millis() / 60_000), count)
        })
        .to("counts");
    builder.build()
}

/// Minutes of users, and their counts so far.
type Counts = Vec<(String, i64)>;

/// The output for clicks of users at these seconds, in order, and how many records were dropped.
fn count(clicks: &[(&str, i64)]) -> Result<(Counts, u64), Box<dyn Error>> {
    let driver = TopologyTestDriver::new(&topology()?)?;
    let input = driver.input_topic::<String, String>("clicks");
    for (user, second) in clicks {
        input.pipe_at(*user, "a page", second * 1_000)?;
    }
    let counts = driver.output_topic("counts").read_all_key_values()?;
    Ok((counts, driver.dropped_records().values().sum()))
}

fn main() -> Result<(), Box<dyn Error>> {
    let (counts, dropped) = count(&[("anna", 5), ("ben", 20), ("anna", 65), ("anna", 59), ("ben", 130), ("anna", 58)])?;
    for (window, count) in counts {
        println!("{window}: {count}");
    }
    println!("{dropped} click came too late");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(clicks: &[(&str, i64)], expected: &[(&str, i64)], dropped: u64) {
        let expected = expected.iter().map(|(window, count)| ((*window).to_owned(), *count)).collect();
        assert_eq!(count(clicks).expect("the topology runs"), (expected, dropped));
    }

    #[test]
    fn each_minute_is_counted_by_itself() {
        check(
            &[("a", 0), ("a", 59), ("a", 60)],
            &[("a in minute 0", 1), ("a in minute 0", 2), ("a in minute 1", 1)],
            0,
        );
    }

    #[test]
    fn a_late_click_counts_while_its_minute_is_open() {
        check(&[("a", 69), ("a", 59)], &[("a in minute 1", 1), ("a in minute 0", 1)], 0);
        check(&[("a", 70), ("a", 59)], &[("a in minute 1", 1)], 1);
    }
}
