//! Visits: the clicks of a user that are less than half an hour apart, as one final result when the visit is over.
//!
//! Run it with `cargo run -p millstream-examples --example sessions`.

use std::error::Error;
use std::time::Duration;

use millstream::test::TopologyTestDriver;
use millstream::{BufferConfig, SessionWindows, StreamsBuilder, Suppressed, Topology, TopologyError};

fn topology() -> Result<Topology, TopologyError> {
    let half_an_hour = Duration::from_secs(30 * 60);
    let builder = StreamsBuilder::new();
    builder
        .stream::<String, String>("clicks")
        .group_by_key()
        .windowed_by(SessionWindows::of_inactivity_gap_and_grace(half_an_hour, Duration::from_secs(60)))
        .count("clicks-per-visit")
        .suppress(Suppressed::until_window_closes(BufferConfig::unbounded()).named("finished-visits"))
        .to_stream()
        .map(|visit, clicks| {
            let minutes = (visit.window.end.as_millis() - visit.window.start.as_millis()) / 60_000;
            (visit.key.clone(), format!("{} clicks in {minutes} minutes", clicks.unwrap_or(0)))
        })
        .to("visits");
    builder.build()
}

/// The visits that are over after these clicks of users, each at its minute.
fn visits(clicks: &[(&str, i64)]) -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let driver = TopologyTestDriver::new(&topology()?)?;
    let input = driver.input_topic::<String, String>("clicks");
    for (user, minute) in clicks {
        input.pipe_at(*user, "/", minute * 60_000)?;
    }
    Ok(driver.output_topic("visits").read_all_key_values()?)
}

fn main() -> Result<(), Box<dyn Error>> {
    for (user, visit) in visits(&[("anna", 0), ("ben", 5), ("anna", 20), ("anna", 45), ("ben", 90), ("carl", 130)])? {
        println!("{user}: {visit}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_comes_once_when_its_gap_and_its_grace_are_over() {
        let mut clicks = vec![("anna", 0), ("anna", 29), ("ben", 59)];
        assert_eq!(visits(&clicks).expect("the topology runs"), [], "anna may still be late");
        clicks.push(("ben", 60));
        let expected = [("anna".to_owned(), "2 clicks in 29 minutes".to_owned())];
        assert_eq!(visits(&clicks).expect("the topology runs"), expected);
    }
}
