//! One result per minute: the highest temperature of each sensor, written once, when the minute has closed.
//!
//! Run it with `cargo run -p millstream-examples --example emit_on_close`.

use std::error::Error;
use std::time::Duration;

use millstream::test::TopologyTestDriver;
use millstream::{EmitStrategy, StreamsBuilder, TimeWindows, Topology, TopologyError};

fn topology() -> Result<Topology, TopologyError> {
    let minutes = TimeWindows::of_size_and_grace(Duration::from_secs(60), Duration::from_secs(10));
    let builder = StreamsBuilder::new();
    builder
        .stream::<String, i64>("temperatures")
        .group_by_key()
        .windowed_by(minutes)
        .emit_strategy(EmitStrategy::OnWindowClose)
        .reduce("highest", |highest, next: i64| highest.max(next))
        .to_stream()
        .map(|windowed, highest| {
            (format!("{} in minute {}", windowed.key, windowed.window.start.as_millis() / 60_000), highest)
        })
        .to("highest-per-minute");
    builder.build()
}

/// The output for temperatures of sensors at these seconds, in order.
fn highest(readings: &[(&str, i64, i64)]) -> Result<Vec<(String, i64)>, Box<dyn Error>> {
    let driver = TopologyTestDriver::new(&topology()?)?;
    let input = driver.input_topic::<String, i64>("temperatures");
    for (sensor, second, temperature) in readings {
        input.pipe_at(*sensor, *temperature, second * 1_000)?;
    }
    Ok(driver.output_topic("highest-per-minute").read_all_key_values()?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let readings = [("roof", 5, 21), ("cellar", 30, 12), ("roof", 61, 25), ("roof", 59, 23), ("cellar", 70, 11)];
    for (window, temperature) in highest(&readings)? {
        println!("{window}: {temperature} °C");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_minute_comes_once_after_its_grace_period() {
        let mut readings = vec![("roof", 5, 21), ("cellar", 30, 12), ("roof", 69, 25), ("roof", 59, 23)];
        assert_eq!(highest(&readings).expect("the topology runs"), [], "the first minute is still open");
        readings.push(("roof", 70, 20));
        let expected = [("cellar in minute 0".to_owned(), 12), ("roof in minute 0".to_owned(), 23)];
        assert_eq!(highest(&readings).expect("the topology runs"), expected);
    }
}
