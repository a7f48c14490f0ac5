//! Processors with stores, schedules, named children, times and headers of their own.

use std::collections::BTreeMap;
use std::time::Duration;

use millstream::state::KeyValueStore;
use millstream::{
    BoxError, FixedKeyContext, FixedKeyProcessor, FixedKeyRecord, Headers, Processed, Processor, ProcessorContext,
    PunctuationType, Record, ScheduleId, Store, StoreHandle, StreamsBuilder, TimeWindows, Timestamp, Topology,
    TopologyBuilder, TopologyError,
};

use super::{Text, TextStream, nz};

pub(crate) fn punctuate_stream() -> Result<Topology, TopologyError> {
    punctuate(PunctuationType::StreamTime, Duration::from_secs(5))
}

pub(crate) fn punctuate_wall() -> Result<Topology, TopologyError> {
    punctuate(PunctuationType::WallClockTime, Duration::from_secs(1))
}

pub(crate) fn punctuate_anchored() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input.process(AnchoredSchedules::default, ()).to("out");
    builder.build()
}

/// Four schedules, two with a start, two that end. Each call forwards its times.
#[derive(Default)]
struct AnchoredSchedules {
    schedules: Vec<(ScheduleId, &'static str)>,
    calls: BTreeMap<&'static str, usize>,
}

impl Processor<Text, Text, Text, Text> for AnchoredSchedules {
    fn init(&mut self, context: &mut ProcessorContext<'_, Text, Text>) -> Result<(), BoxError> {
        let (stream, wall) = (PunctuationType::StreamTime, PunctuationType::WallClockTime);
        self.schedules = vec![
            (context.schedule_from(2_500.into(), stream, Duration::from_secs(4)), "A"),
            (context.schedule(stream, Duration::from_secs(3)), "B"),
            (context.schedule_from(1_000_700.into(), wall, Duration::from_secs(1)), "C"),
            (context.schedule(wall, Duration::from_millis(700)), "D"),
        ];
        Ok(())
    }

    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, Text, Text>,
        record: Record<Text, Text>,
    ) -> Result<(), BoxError> {
        context.forward(record);
        Ok(())
    }

    fn punctuate(
        &mut self,
        context: &mut ProcessorContext<'_, Text, Text>,
        schedule: ScheduleId,
        time: Timestamp,
    ) -> Result<(), BoxError> {
        let found = self.schedules.iter().find(|(id, _)| *id == schedule);
        let (_, name) = *found.ok_or("a schedule of another processor")?;
        let calls = self.calls.entry(name).or_default();
        *calls += 1;
        if matches!((name, *calls), ("B", 6) | ("D", 8)) {
            context.cancel(schedule);
        }
        let [at, stream, wall] = [time, context.stream_time(), context.wall_clock()].map(Timestamp::as_millis);
        let text = format!("t={at} stream={stream} wall={wall}");
        context.forward(Record::new(Some(name.to_owned()), Some(text), time));
        Ok(())
    }
}

fn punctuate(clock: PunctuationType, interval: Duration) -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let counts = builder.add_store(Store::key_value("kv"));
    let input: TextStream = builder.stream("in");
    input.process(move || CountAndReport { counts, clock, interval }, counts).to("out");
    builder.build()
}

/// Counts records per key. At each punctuation it forwards all counts and deletes those of 4 or more.
struct CountAndReport {
    counts: StoreHandle<KeyValueStore<String, i64>>,
    clock: PunctuationType,
    interval: Duration,
}

impl Processor<Text, Text, Text, String> for CountAndReport {
    fn init(&mut self, context: &mut ProcessorContext<'_, Text, String>) -> Result<(), BoxError> {
        context.schedule(self.clock, self.interval);
        Ok(())
    }

    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, Text, String>,
        record: Record<Text, Text>,
    ) -> Result<(), BoxError> {
        let Some(key) = record.key.clone() else {
            context.forward(record.with_value("nokey".to_owned()));
            return Ok(());
        };
        let mut counts = context.store(self.counts)?;
        let count = counts.get(&key)?.copied().unwrap_or(0) + 1;
        counts.put(&key, count)?;
        context.forward(record.map_value(|value| format!("{}#{count}", nz(&value))));
        Ok(())
    }

    fn punctuate(
        &mut self,
        context: &mut ProcessorContext<'_, Text, String>,
        _schedule: ScheduleId,
        time: Timestamp,
    ) -> Result<(), BoxError> {
        let at = time.as_millis();
        let rows = context.store(self.counts)?.all()?;
        for row in &rows {
            let text = format!("count={}@{at}", row.value);
            context.forward(Record::new(Some(row.key.clone()), text, time));
        }
        for row in rows.iter().filter(|row| row.value >= 4) {
            context.store(self.counts)?.delete(&row.key)?;
        }
        if rows.is_empty() {
            context.forward(Record::new(Some("-".to_owned()), format!("empty@{at}"), time));
        }
        Ok(())
    }
}

pub(crate) fn process_values() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let seen = builder.add_store(Store::key_value("seen"));
    let input: TextStream = builder.stream("in");
    let changes = input.process_values(move || TellChanges { seen }, Processed::named("pv").with_store(seen));
    changes.to("vals");
    changes.group_by_key().count("cnt").to_stream().to("out");
    builder.build()
}

/// Forwards the old and the new value of a key, and a second record if both exist.
struct TellChanges {
    seen: StoreHandle<KeyValueStore<String, String>>,
}

impl FixedKeyProcessor<Text, Text, String> for TellChanges {
    fn process(
        &mut self,
        context: &mut FixedKeyContext<'_, '_, Text, String>,
        record: FixedKeyRecord<Text, Text>,
    ) -> Result<(), BoxError> {
        let Some(key) = record.key().clone() else {
            context.forward(record.with_value("nokey".to_owned()));
            return Ok(());
        };
        let new = record.value().clone();
        let mut seen = context.store(self.seen)?;
        let old = seen.get(&key)?.cloned();
        if old == new {
            return Ok(());
        }
        match new.clone() {
            Some(value) => seen.put(&key, value)?,
            None => seen.delete(&key)?,
        }
        context.forward(record.clone().with_value(format!("{}>{}", nz(&old), nz(&new))));
        if old.is_some() && new.is_some() {
            let later = record.timestamp().saturating_add(10);
            context.forward(record.with_value("chg".to_owned()).with_timestamp(later));
        }
        Ok(())
    }
}

pub(crate) fn forward_named() -> Result<Topology, TopologyError> {
    let mut builder = TopologyBuilder::new();
    builder.add_source::<Text, Text>("src", "in");
    builder.add_processor("P", || Dispatch, (), ["src"]);
    builder.add_processor("X", || Sign, (), ["P"]);
    builder.add_processor("Y", || Sign, (), ["P"]);
    builder.add_sink::<Text, Text>("sx", "outx", ["X"]);
    builder.add_sink::<Text, Text>("sy", "outy", ["Y", "P"]);
    builder.add_sink::<Text, Text>("sp", "outp", ["P"]);
    builder.build()
}

/// Chooses children by the value's first letter.
struct Dispatch;

impl Processor<Text, Text, Text, Text> for Dispatch {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, Text, Text>,
        record: Record<Text, Text>,
    ) -> Result<(), BoxError> {
        let first = record.value.as_ref().map(|value| value.chars().next());
        match first {
            None => context.forward_to("sy", record)?,
            Some(Some('x')) => context.forward_to("X", record)?,
            Some(Some('y')) => {
                context.forward_to("Y", record.clone())?;
                context.forward_to("sp", record)?;
            }
            Some(Some('n')) => {}
            Some(_) => context.forward(record),
        }
        Ok(())
    }
}

/// Prefixes the value with its own name.
struct Sign;

impl Processor<Text, Text, Text, Text> for Sign {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, Text, Text>,
        record: Record<Text, Text>,
    ) -> Result<(), BoxError> {
        let value = format!("{}:{}", context.name(), nz(&record.value));
        context.forward(record.with_value(Some(value)));
        Ok(())
    }
}

pub(crate) fn headers() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    let marked = input.map_values(|_, value| format!("{}.", nz(&value))).process(|| Mark, ());
    marked.map(|key, value| (format!("{}!", nz(&key)), value)).to("out");
    marked.filter(|_, value| value.len() > 3).group_by_key().count("cnt").to_stream().to("n");
    input.process(|| PrecedeWithFresh, ()).to("both");
    builder.build()
}

/// Adds the timestamp as a header, and replaces the headers "trace".
struct Mark;

impl Processor<Text, String, Text, String> for Mark {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, Text, String>,
        mut record: Record<Text, String>,
    ) -> Result<(), BoxError> {
        record.headers.add("seen", record.timestamp.as_millis().to_string());
        if record.headers.iter().any(|header| header.name == "trace") {
            record.headers.remove("trace");
            record.headers.add("had-trace", "1");
        }
        context.forward(record);
        Ok(())
    }
}

/// Forwards a record without headers before each.
struct PrecedeWithFresh;

impl Processor<Text, Text, Text, Text> for PrecedeWithFresh {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, Text, Text>,
        record: Record<Text, Text>,
    ) -> Result<(), BoxError> {
        let headers = Headers::new();
        context.forward(Record { value: Some("fresh".to_owned()), headers, ..record.clone() });
        context.forward(record);
        Ok(())
    }
}

pub(crate) fn timestamps() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    let shifted = input.process(|| ShiftTimes, ());
    shifted.to("out");
    let windows = TimeWindows::of_size_and_grace(Duration::from_secs(5), Duration::from_secs(2));
    shifted.group_by_key().windowed_by(windows).count("w").to_stream().to("win");
    builder.build()
}

/// Shifts timestamps by the last digit of the value.
struct ShiftTimes;

impl Processor<Text, Text, Text, Text> for ShiftTimes {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, Text, Text>,
        record: Record<Text, Text>,
    ) -> Result<(), BoxError> {
        let time = record.timestamp;
        let digit = record.value.as_ref().and_then(|value| value.chars().last()?.to_digit(10));
        match digit {
            Some(0..=2) => context.forward(record.with_timestamp(time.saturating_add(3_000))),
            Some(3..=5) => {
                context.forward(record.with_timestamp(time.saturating_add(-4_000).max(Timestamp::from_millis(0))));
            }
            Some(6) => {
                context.forward(record.clone().with_timestamp(time.saturating_add(100)));
                context.forward(record);
            }
            _ => context.forward(record),
        }
        Ok(())
    }
}
