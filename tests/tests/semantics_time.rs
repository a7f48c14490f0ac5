//! Stream time, the wall clock, schedules, and the order of records and children.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::Duration;

use millstream::state::KeyValueStore;
use millstream::test::TopologyTestDriver;
use millstream::{
    BoxError, KStream, Processor, ProcessorContext, PunctuationType, Record, ScheduleId, Store, StoreHandle,
    StreamsBuilder, Timestamp, Topology, TopologyError,
};
use support::{check, outputs, pipe, uncached};

type Text = Option<String>;
type Built = Result<Topology, TopologyError>;

fn topology(make: impl FnOnce(KStream<Text, Text>)) -> Built {
    let builder = StreamsBuilder::new();
    make(builder.stream("in"));
    builder.build()
}

/// Forwards at each punctuation, until the value "stop" or, if it is `once`, only at the first.
struct Ticker {
    clock: PunctuationType,
    once: bool,
    schedule: Option<ScheduleId>,
}

fn ticker(clock: PunctuationType, once: bool) -> Built {
    topology(|stream| drop(stream.process(move || Ticker { clock, once, schedule: None }, ()).to("out")))
}

impl Processor<Text, Text, Text, String> for Ticker {
    fn init(&mut self, context: &mut ProcessorContext<'_, Text, String>) -> Result<(), BoxError> {
        self.schedule = Some(context.schedule(self.clock, Duration::from_millis(10)));
        Ok(())
    }

    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, Text, String>,
        record: Record<Text, Text>,
    ) -> Result<(), BoxError> {
        if record.value.as_deref() == Some("stop") {
            self.schedule.take().into_iter().for_each(|schedule| context.cancel(schedule));
        }
        let text = format!("{}<={}", record.timestamp.as_millis(), context.stream_time().as_millis());
        context.forward(record.with_value(text));
        Ok(())
    }

    fn punctuate(
        &mut self,
        context: &mut ProcessorContext<'_, Text, String>,
        schedule: ScheduleId,
        time: Timestamp,
    ) -> Result<(), BoxError> {
        assert!(context.origin().is_none(), "no record is in hand");
        context.forward(Record::new(None, format!("tick {}", time.as_millis()), time));
        if self.once {
            context.cancel(schedule);
        }
        Ok(())
    }
}

/// Rules 1, 11 and 14: in a punctuation there is no record.
#[test]
fn stream_time_is_the_highest_time_processed_and_its_schedules_are_aligned_to_0() {
    check(
        ticker(PunctuationType::StreamTime, false),
        &uncached(),
        &[
            ("k=v@3 #h", &["out k=3<=3@3 #h", "out null=tick 3@3"]),
            ("k=v@9", &["out k=9<=9@9"]),
            ("k=v@10", &["out k=10<=10@10", "out null=tick 10@10"]),
            ("k=v@47", &["out k=47<=47@47", "out null=tick 47@47"]),
            ("k=v@12", &["out k=12<=47@12"]),
            ("k=v@49", &["out k=49<=49@49"]),
            ("k=v@50", &["out k=50<=50@50", "out null=tick 50@50"]),
            ("k=stop@60", &["out k=60<=60@60"]),
            ("k=v@90", &["out k=90<=90@90"]),
        ],
    );
}

/// Rule 13.
#[test]
fn a_schedule_may_cancel_itself() {
    check(
        ticker(PunctuationType::StreamTime, true),
        &uncached(),
        &[("k=v@5", &["out k=5<=5@5", "out null=tick 5@5"]), ("k=v@50", &["out k=50<=50@50"])],
    );
}

/// Rule 12.
#[test]
fn wall_clock_schedules_begin_after_an_interval_and_skip_missed_punctuations() {
    let driver = TopologyTestDriver::new(&ticker(PunctuationType::WallClockTime, false).unwrap()).unwrap();
    let advance = |millis: u64| {
        driver.advance_wall_clock(Duration::from_millis(millis)).unwrap();
        outputs(&driver, |_| true)
    };
    let nothing: [&str; 0] = [];
    assert_eq!(advance(9), nothing, "now 9");
    assert_eq!(advance(1), ["out null=tick 10@10"]);
    assert_eq!(advance(35), ["out null=tick 45@45"], "20, 30 and 40 are one");
    assert_eq!(advance(4), nothing, "now 49");
    assert_eq!(advance(1), ["out null=tick 50@50"]);
    pipe(&driver, "k=stop@100").unwrap();
    assert_eq!(outputs(&driver, |_| true), ["out k=100<=100@100"], "records do not move the wall clock");
    assert_eq!(advance(1_000), nothing, "cancelled");
}

/// Forwards each record at another time and with a header, then as it was.
struct Alter;

impl Processor<Text, Text, Text, Text> for Alter {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, Text, Text>,
        record: Record<Text, Text>,
    ) -> Result<(), BoxError> {
        let mut altered = record.clone().with_timestamp(record.timestamp.saturating_add(100));
        altered.headers.add("h", "altered");
        context.forward(altered);
        context.forward(record);
        Ok(())
    }
}

/// Rule 15.
#[test]
fn forwards_reach_each_child_before_the_next_and_do_not_affect_each_other() {
    let built = topology(|stream| {
        let altered = stream.process(|| Alter, ());
        altered.filter(|_, _| true).to("first");
        altered.to("second");
        stream.to("last");
    });
    check(
        built,
        &uncached(),
        &[(
            "k=v@5 #own",
            &[
                "first k=v@105 #own #altered",
                "second k=v@105 #own #altered",
                "first k=v@5 #own",
                "second k=v@5 #own",
                "last k=v@5 #own",
            ],
        )],
    );
}

/// Rule 6.
#[test]
fn records_of_two_topics_are_processed_by_time() {
    let built = topology(|stream| {
        let later = stream.process(|| Alter, ()).filter(|_, _| true);
        later.repartition("late").to("late-out");
        stream.repartition("soon").to("soon-out");
    });
    check(built, &uncached(), &[("k=v@5", &["soon-out k=v@5", "late-out k=v@105 #altered", "late-out k=v@5"])]);
}

/// Writes the value under its key and forwards all keys in the store's order.
struct Ordered(StoreHandle<KeyValueStore<i64, String>>);

impl Processor<Text, Text, Text, String> for Ordered {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, Text, String>,
        record: Record<Text, Text>,
    ) -> Result<(), BoxError> {
        let number: i64 = record.value.as_deref().unwrap_or_default().parse()?;
        let mut store = context.store(self.0)?;
        store.put(&number, String::new())?;
        let keys: Vec<String> = store.all()?.iter().map(|row| row.key.to_string()).collect();
        context.forward(record.with_value(keys.join(",")));
        Ok(())
    }
}

/// Rule 123.
#[test]
fn a_store_orders_its_keys_by_their_bytes_and_so_negative_numbers_last() {
    let builder = StreamsBuilder::new();
    let store = builder.add_store(Store::key_value("s"));
    builder.stream("in").process(move || Ordered(store), store).to("out");
    check(
        builder.build(),
        &uncached(),
        &[("k=-1@1", &["out k=-1@1"]), ("k=300@1", &["out k=300,-1@1"]), ("k=2@1", &["out k=2,300,-1@1"])],
    );
}
