//! Records that are sent evenly, while results are received.

use std::time::{Duration, Instant};

use millstream::TopicPartition;
use millstream::logs::{Fetching, Log, LogEvent, StartAt};

use super::answers::Answers;
use super::latency::Latency;
use super::load::Load;
use crate::Outcome;
use crate::broker::client::now;
use crate::broker::{BrokerClient, Feeder};
use crate::contender::job::Job;
use crate::workload::records::{Input, Made};

/// How long to wait for results, beyond the time that caching holds them back.
const PATIENCE: Duration = Duration::from_secs(30);

/// The records in flight.
pub(crate) struct Traffic<'a> {
    client: &'a BrokerClient,
    feeder: Feeder<'a>,
    fetcher: Box<dyn Fetching>,
    load: Load,
    partitions: u32,
    begun: Instant,
    answers: Answers,
    /// How long to wait for the last results.
    patience: Duration,
}

impl<'a> Traffic<'a> {
    /// Traffic through a job, whose topics have so many partitions. Nothing is sent yet.
    pub(crate) fn new(client: &'a BrokerClient, job: &Job, partitions: u32, load: Load) -> Outcome<Self> {
        let feeder = Feeder::new(client, &job.input)?;
        let mut fetcher = client.log.fetcher("compare", &client.signal)?;
        let outputs = (0..partitions).map(|number| (TopicPartition::new(&*job.output, number), StartAt::Earliest));
        fetcher.assign(&outputs.collect::<Vec<_>>());
        let answers = Answers::of(job.workload, load.records());
        let patience = PATIENCE + Duration::from_millis(job.commit_ms);
        Ok(Self { client, feeder, fetcher, load, partitions, begun: Instant::now(), answers, patience })
    }

    /// Sends all records, each when it is due. Calls `counting` right before the first one that counts.
    pub(crate) fn send(&mut self, input: Input, mut counting: impl FnMut() -> Outcome<()>) -> Outcome<()> {
        let (mut outcome, mut number) = (Ok(()), 0);
        self.begun = Instant::now();
        input.for_each(self.load.records(), |record| {
            if outcome.is_ok() && number == self.load.first_counted() {
                outcome = counting();
            }
            if outcome.is_ok() {
                outcome = self.send_one(number, record);
            }
            number += 1;
        });
        outcome
    }

    fn send_one(&mut self, number: u64, record: &Made<'_>) -> Outcome<()> {
        self.wait_for_turn(number)?;
        let record = Made { partition: record.partition % self.partitions, ..*record };
        self.answers.sent(number, &record)?;
        self.feeder.append(&record)
    }

    /// Receives results until this record is due.
    fn wait_for_turn(&mut self, number: u64) -> Outcome<()> {
        let turn = self.load.turn(number);
        if number > 0 && self.load.turn(number - 1) == turn {
            return Ok(());
        }
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
                LogEvent::Chunk(chunk) => {
                    chunk.iter().try_for_each(|record| self.answers.take(record.key(), record.value(), at))?;
                }
                LogEvent::FetchFailed { error, .. } | LogEvent::Fatal(error) => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Waits until every record has a result.
    pub(crate) fn await_all(&mut self) -> Outcome<()> {
        let deadline = Instant::now() + self.patience;
        while self.answers.missing() > 0 {
            if Instant::now() > deadline {
                return Err(format!("{} records never got a result", self.answers.missing()).into());
            }
            self.receive()?;
            self.client.signal.wait(Duration::from_millis(1));
        }
        Ok(())
    }

    /// The latencies of the records that count.
    pub(crate) fn latency(&self) -> Latency {
        let counted = self.answers.arrived().skip_while(|(number, _)| *number < self.load.first_counted());
        Latency::of(counted.map(|(number, at)| at.saturating_sub(self.load.due(number))).collect())
    }
}
