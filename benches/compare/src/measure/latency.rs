//! Latency: how long a record takes from its producer through a pass-through to its consumer.

use std::time::{Duration, Instant};

use millstream::TopicPartition;
use millstream::logs::{Fetching, Log, LogEvent, StartAt};

use super::{Arena, Settings};
use crate::Outcome;
use crate::broker::hands::now;
use crate::broker::{Feeder, Hands};
use crate::contender::Contender;
use crate::workload::Case;
use crate::workload::records::{Made, NUMBER_DIGITS, number_of};

/// Records are sent at this pace.
pub(crate) const RECORDS_PER_SECOND: u64 = 5_000;

/// What is due is sent once in so long, as producers do that linger; it counts from when it was due. Sent one by one,
/// 5,000 requests a second would keep a broker of one core from anything else.
const TICK: Duration = Duration::from_millis(1);

/// Records do not count for so long: until the virtual machines, the broker's above all, have compiled what is called
/// often, requests cost several times as much and queue up.
const WARM_UP: Duration = Duration::from_secs(30);

/// Records that have not come after so long never will.
const PATIENCE: Duration = Duration::from_secs(30);

/// End-to-end latencies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Latency {
    pub(crate) p50: Duration,
    pub(crate) p95: Duration,
    pub(crate) p99: Duration,
    pub(crate) p999: Duration,
}

/// How many records it takes to measure for so many seconds.
pub(crate) fn records_for(seconds: u64) -> u64 {
    (WARM_UP.as_secs() + seconds) * RECORDS_PER_SECOND
}

impl Arena {
    /// Sends the records of a case through a contender at an even pace. What is written is little, and goes with the broker.
    ///
    /// The topics have one partition: with four, the producer alone asks the broker some 4,000 times a second, which fills
    /// a core, and what is measured is the queue in front of it.
    pub(crate) fn latency(&mut self, contender: Contender, case: Case, settings: &Settings) -> Outcome<Latency> {
        let mut job = self.job(contender, case, settings);
        job.input = format!("{}-input", job.application);
        self.hands.create_undivided(&job.input)?;
        self.hands.create_undivided(&job.output)?;
        let mut process = self.start(contender, &job, settings)?;
        let hands = self.hands.without_lingering()?;
        let mut traffic = Traffic::new(&hands, &job.input, &job.output, case.records)?;
        let mut failure = None;
        case.input().for_each(case.records, |record| {
            if failure.is_none() {
                let record = Made { partition: 0, ..*record };
                failure = traffic.wait_for_turn().and_then(|()| traffic.feeder.append(&record)).err();
            }
        });
        failure.map_or(Ok(()), Err)?;
        traffic.await_all()?;
        process.check()?;
        Ok(traffic.latency())
    }
}

/// Records on their way.
struct Traffic<'a> {
    hands: &'a Hands,
    feeder: Feeder<'a>,
    fetcher: Box<dyn Fetching>,
    begun: Instant,
    /// Per record, when it was due and when it arrived, counted from the beginning.
    arrived: Vec<Option<Duration>>,
    sent: u64,
    missing: usize,
}

/// When a record is due.
fn due(number: u64) -> Duration {
    Duration::from_nanos(number * 1_000_000_000 / RECORDS_PER_SECOND)
}

/// When what is due then is sent.
fn turn(due: Duration) -> Duration {
    TICK * due.as_nanos().div_ceil(TICK.as_nanos()) as u32
}

impl<'a> Traffic<'a> {
    fn new(hands: &'a Hands, input: &str, output: &str, records: u64) -> Outcome<Self> {
        let feeder = Feeder::new(hands, input)?;
        let mut fetcher = hands.log.fetcher("compare", &hands.signal)?;
        fetcher.assign(&[(TopicPartition::new(output, 0), StartAt::Earliest)]);
        let arrived = vec![None; records as usize];
        Ok(Self { hands, feeder, fetcher, begun: Instant::now(), missing: arrived.len(), arrived, sent: 0 })
    }

    /// Takes what arrives until the next record is due.
    fn wait_for_turn(&mut self) -> Outcome<()> {
        let turn = turn(due(self.sent));
        self.sent += 1;
        loop {
            self.receive()?;
            let Some(left) = turn.checked_sub(self.begun.elapsed()) else { return Ok(()) };
            self.hands.signal.wait(left);
        }
    }

    fn receive(&mut self) -> Outcome<()> {
        let mut events = Vec::new();
        self.feeder.poll()?;
        self.fetcher.poll(now(), &mut |_| true, &mut events);
        let at = self.begun.elapsed();
        for event in events {
            match event {
                LogEvent::Chunk(chunk) => chunk.iter().try_for_each(|record| self.take(record.value(), at))?,
                LogEvent::FetchFailed { error, .. } | LogEvent::Fatal(error) => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Each record bears its number, and must arrive once.
    fn take(&mut self, value: Option<&[u8]>, at: Duration) -> Outcome<()> {
        let number = value.map(|value| number_of(&value[..NUMBER_DIGITS])).ok_or("a record without a value arrived")?;
        let arrived = self.arrived.get_mut(number as usize).ok_or("a record arrived that was never sent")?;
        if arrived.replace(at).is_some() {
            return Err(format!("record {number} arrived twice").into());
        }
        self.missing -= 1;
        Ok(())
    }

    fn await_all(&mut self) -> Outcome<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.missing > 0 {
            if Instant::now() > deadline {
                return Err(format!("{} records never arrived", self.missing).into());
            }
            self.receive()?;
            self.hands.signal.wait(Duration::from_millis(1));
        }
        Ok(())
    }

    fn latency(&self) -> Latency {
        let counted = (0..).zip(&self.arrived).skip_while(|(number, _)| due(*number) < WARM_UP);
        let times = counted.filter_map(|(number, at)| at.map(|at| at.saturating_sub(due(number))));
        let mut times: Vec<Duration> = times.collect();
        times.sort_unstable();
        let percentile = |part: f64| times[((times.len() - 1) as f64 * part) as usize];
        Latency { p50: percentile(0.5), p95: percentile(0.95), p99: percentile(0.99), p999: percentile(0.999) }
    }
}
