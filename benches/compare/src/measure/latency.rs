//! Latency: how long a record takes from its producer through a pass-through to its consumer.

use std::time::{Duration, Instant};

use millstream::TopicPartition;
use millstream::logs::{Fetching, Log, LogEvent, StartAt};

use super::{Arena, Settings};
use crate::Outcome;
use crate::broker::client::now;
use crate::broker::{BrokerClient, Feeder};
use crate::contender::Contender;
use crate::workload::Case;
use crate::workload::records::{Made, NUMBER_DIGITS, number_of};

/// Records per second.
pub(crate) const RECORDS_PER_SECOND: u64 = 5_000;

/// How often the records that are due are sent, as a producer with linger does; latency counts from when they were due. With a
/// request per record, 5,000 requests per second would use all of the broker's core.
const TICK: Duration = Duration::from_millis(1);

/// How long records do not count. Until the virtual machines, in particular the broker's, have compiled the hot code, requests
/// take several times as long and queue up.
const WARM_UP: Duration = Duration::from_secs(30);

/// How long to wait for records.
const PATIENCE: Duration = Duration::from_secs(30);

/// End-to-end latencies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Latency {
    pub(crate) p50: Duration,
    pub(crate) p95: Duration,
    pub(crate) p99: Duration,
    pub(crate) p999: Duration,
}

/// The number of records for this many seconds.
pub(crate) fn records_for(seconds: u64) -> u64 {
    (WARM_UP.as_secs() + seconds) * RECORDS_PER_SECOND
}

impl Arena {
    /// Sends the records of a case through a contender at a constant rate.
    ///
    /// The topics have one partition: with four, the producer alone sends the broker some 4,000 requests per second, which uses a
    /// whole core, and latency would be the time in the broker's queue.
    pub(crate) fn latency(&mut self, contender: Contender, case: Case, settings: &Settings) -> Outcome<Latency> {
        let mut job = self.job(contender, case, settings);
        job.input = format!("{}-input", job.application);
        self.client.create_undivided(&job.input)?;
        self.client.create_undivided(&job.output)?;
        let mut process = self.start(contender, &job, settings)?;
        let client = self.client.without_lingering()?;
        let mut traffic = Traffic::new(&client, &job.input, &job.output, case.records)?;
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

/// The records in flight.
struct Traffic<'a> {
    client: &'a BrokerClient,
    feeder: Feeder<'a>,
    fetcher: Box<dyn Fetching>,
    begun: Instant,
    /// For each record, when it was due and when it arrived, since the start.
    arrived: Vec<Option<Duration>>,
    sent: u64,
    missing: usize,
}

/// When a record is due.
fn due(number: u64) -> Duration {
    Duration::from_nanos(number * 1_000_000_000 / RECORDS_PER_SECOND)
}

/// When the records that are due then are sent.
fn turn(due: Duration) -> Duration {
    TICK * due.as_nanos().div_ceil(TICK.as_nanos()) as u32
}

impl<'a> Traffic<'a> {
    fn new(client: &'a BrokerClient, input: &str, output: &str, records: u64) -> Outcome<Self> {
        let feeder = Feeder::new(client, input)?;
        let mut fetcher = client.log.fetcher("compare", &client.signal)?;
        fetcher.assign(&[(TopicPartition::new(output, 0), StartAt::Earliest)]);
        let arrived = vec![None; records as usize];
        Ok(Self { client, feeder, fetcher, begun: Instant::now(), missing: arrived.len(), arrived, sent: 0 })
    }

    /// Reads records until the next one is due.
    fn wait_for_turn(&mut self) -> Outcome<()> {
        let turn = turn(due(self.sent));
        self.sent += 1;
        loop {
            self.receive()?;
            let Some(left) = turn.checked_sub(self.begun.elapsed()) else { return Ok(()) };
            self.client.signal.wait(left);
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

    /// Each record has a number, and must arrive once.
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
            self.client.signal.wait(Duration::from_millis(1));
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
