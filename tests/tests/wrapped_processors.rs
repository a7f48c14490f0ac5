//! Code around every processor: what it is asked for, what it sees, and what it may do with records and failures.
//! Rule of Kafka Streams: KIP-1112, `ProcessorWrapper` wraps every processor at build time, those of the DSL too.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use millstream::errors::{ErrorHandler, Failure, Handlers};
use millstream::test::{TestConfig, TopologyTestDriver};
use millstream::{
    AroundProcessor, BoxError, Consumed, Headers, Materialized, Partition, ProcessedKeys, Processor, ProcessorCall,
    ProcessorContext, ProcessorInfo, PunctuationType, Record, ScheduleId, StreamsBuilder, Timestamp, Topology,
    TopologyError,
};
use support::{cached, check, uncached};

/// What the wrapped processors did, in order.
type Log = Arc<Mutex<Vec<String>>>;

struct Traced {
    name: String,
    log: Log,
}

impl Traced {
    fn add(&self, what: impl std::fmt::Display) {
        self.log.lock().unwrap().push(format!("{} {what}", self.name));
    }
}

impl AroundProcessor for Traced {
    fn init(&mut self) {
        self.add("init");
    }

    fn process(&mut self, call: &mut ProcessorCall<'_>) -> Result<(), Failure> {
        let place = call.origin().map(|origin| origin.to_string()).unwrap_or_default();
        let (key, value) = (call.key::<String>().cloned(), call.value::<String>().cloned());
        self.add(format_args!("{key:?}={value:?}@{} of {place}", call.timestamp()));
        let result = call.proceed();
        assert!(call.key::<String>().is_none() && call.headers().is_none(), "the record has gone on");
        self.add(if result.is_ok() { "done" } else { "failed" });
        result
    }

    fn punctuate(&mut self, time: Timestamp, proceed: &mut dyn FnMut() -> Result<(), Failure>) -> Result<(), Failure> {
        self.add(format_args!("punctuates at {time}"));
        proceed()
    }

    fn close(&mut self) {
        self.add("close");
    }
}

/// A builder whose processors are traced.
fn traced(log: &Log) -> StreamsBuilder {
    let log = Arc::clone(log);
    StreamsBuilder::new().wrap_processors(move |processor: &ProcessorInfo<'_>| {
        let (name, log) = (processor.name.to_owned(), Arc::clone(&log));
        Some(Box::new(Traced { name, log }) as Box<dyn AroundProcessor>)
    })
}

/// Wraps the processor of this name alone.
fn around<A: AroundProcessor + Clone + Sync + 'static>(name: &'static str, around: A) -> StreamsBuilder {
    StreamsBuilder::new().wrap_processors(move |processor: &ProcessorInfo<'_>| {
        (processor.name == name).then(|| Box::new(around.clone()) as Box<dyn AroundProcessor>)
    })
}

#[test]
fn every_processor_is_asked_for_and_no_source_or_sink() {
    let asked: Arc<Mutex<Vec<(String, ProcessedKeys, Partition)>>> = Arc::default();
    let seen = Arc::clone(&asked);
    let builder = StreamsBuilder::new().wrap_processors(move |processor: &ProcessorInfo<'_>| {
        seen.lock().unwrap().push((processor.name.to_owned(), processor.keys, processor.partition));
        None::<Box<dyn AroundProcessor>>
    });
    let stream = builder.stream::<Option<String>, String>("in").filter(|_, _| true).named("filter");
    let keyed = stream.select_key(|_, value| Some(value.clone())).named("key");
    drop(keyed.group_by_key().named("g").count("n").named("count"));
    builder.global_table::<String, String>(Consumed::topic("global").named("rows"), "global");
    builder.build().unwrap();
    let mut asked = asked.lock().unwrap().clone();
    asked.sort_by(|one, other| one.0.cmp(&other.0));
    let (kept, changed) = (ProcessedKeys::Kept, ProcessedKeys::MayChange);
    let names: Vec<(&str, ProcessedKeys)> = asked.iter().map(|(name, keys, _)| (name.as_str(), *keys)).collect();
    let expected =
        [("count", kept), ("filter", kept), ("g-repartition-filter", kept), ("key", changed), ("rows", kept)];
    assert_eq!(names, expected);
}

#[test]
fn it_is_told_of_every_call_in_order() {
    let log = Log::default();
    let builder = traced(&log);
    let upper = builder.stream::<String, String>("in").map_values(|_, value: String| value.to_uppercase());
    upper.named("upper").filter(|_, value| value.len() < 3).named("short").to("out");
    let topology = builder.build().unwrap();
    assert!(log.lock().unwrap().is_empty(), "nothing runs when the topology is built");
    let driver = TopologyTestDriver::with_config(&topology, &uncached()).unwrap();
    driver.input_topic::<String, String>("in").pipe_at("k", "ab", 5).unwrap();
    assert_eq!(
        driver.output_topic::<String, String>("out").read_key_value().unwrap(),
        ("k".to_owned(), "AB".to_owned())
    );
    drop(driver);
    let place = "of in-0 at offset 0";
    let mut log = log.lock().unwrap().clone();
    let mut inits: Vec<String> = log.drain(..2).collect();
    inits.sort();
    assert_eq!(inits, ["short init", "upper init"]);
    let calls = [
        format!("upper Some(\"k\")=Some(\"ab\")@{} {place}", Timestamp::from_millis(5)),
        format!("short Some(\"k\")=Some(\"AB\")@{} {place}", Timestamp::from_millis(5)),
        "short done".to_owned(),
        "upper done".to_owned(),
    ];
    assert_eq!(log[..4], calls);
}

#[test]
fn results_are_the_same_with_a_wrapper() {
    let build = |builder: StreamsBuilder| {
        let words = builder.stream::<String, String>("in");
        let counts = words.group_by(|_, word| word.clone()).count(Materialized::named("n"));
        let table = builder.table::<String, String>("t", "t");
        words.left_join(&table, |_, word, row| format!("{word}+{}", row.map_or("-", String::as_str))).to("joined");
        counts.to_stream().map_values(|_, count| count.unwrap_or(0).to_string()).to("out");
        builder.build()
    };
    let steps = [
        ("t: k=row@1", &[][..]),
        ("in: k=a@2", &["joined k=a+row@2", "out a=1@2"]),
        ("in: k=a@3", &["joined k=a+row@3", "out a=2@3"]),
        ("in: x=b@4", &["joined x=b+-@4", "out b=1@4"]),
    ];
    for config in [cached(), uncached()] {
        check(build(StreamsBuilder::new()), &config, &steps);
        check(build(traced(&Log::default())), &config, &steps);
    }
}

/// Fails at the word "boom", and at each tick of its schedule, if it has one.
struct Fragile(Option<Duration>);

impl Processor<String, String, String, String> for Fragile {
    fn init(&mut self, context: &mut ProcessorContext<'_, String, String>) -> Result<(), BoxError> {
        if let Some(interval) = self.0 {
            context.schedule(PunctuationType::StreamTime, interval);
        }
        Ok(())
    }

    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, String, String>,
        record: Record<String, String>,
    ) -> Result<(), BoxError> {
        context.forward(record.clone());
        if record.value == "boom" { Err("boom".into()) } else { Ok(()) }
    }

    fn punctuate(
        &mut self,
        _: &mut ProcessorContext<'_, String, String>,
        _: ScheduleId,
        _: Timestamp,
    ) -> Result<(), BoxError> {
        Err("tick".into())
    }
}

fn fragile(builder: StreamsBuilder, ticks: Option<Duration>) -> Result<Topology, TopologyError> {
    builder.stream::<String, String>("in").process(move || Fragile(ticks), "fragile").to("out");
    builder.build()
}

/// Takes failures upon itself.
#[derive(Clone)]
struct Lenient(Log);

impl Lenient {
    fn forgive(&self, result: Result<(), Failure>) -> Result<(), Failure> {
        if let Err(failure) = result {
            self.0.lock().unwrap().push(failure.to_string());
        }
        Ok(())
    }
}

impl AroundProcessor for Lenient {
    fn process(&mut self, call: &mut ProcessorCall<'_>) -> Result<(), Failure> {
        self.forgive(call.proceed())
    }

    fn punctuate(&mut self, _: Timestamp, proceed: &mut dyn FnMut() -> Result<(), Failure>) -> Result<(), Failure> {
        self.forgive(proceed())
    }
}

/// As an exception of a wrapped processor passes the wrapper before Kafka Streams asks the handler.
#[test]
fn it_gets_failures_before_the_handlers() {
    let log = Log::default();
    let failing = TestConfig { handlers: Handlers::default(), ..uncached() };
    let steps = [("k=a@1", &["out k=a@1"][..]), ("k=boom@2", &["out k=boom@2"]), ("k=b@1000", &["out k=b@1000"])];
    let each_second = Some(Duration::from_secs(1));
    check(fragile(around("fragile", Lenient(Arc::clone(&log))), each_second), &failing, &steps);
    let failures = log.lock().unwrap().clone();
    let [first, boom, second] = &failures[..] else { panic!("{failures:?}") };
    assert!(first.contains("tick") && second.contains("tick"), "a schedule begins with the first record: {failures:?}");
    assert!(boom.contains("boom") && boom.contains("fragile"), "{boom}");
}

#[test]
fn failures_that_it_returns_go_to_the_handlers() {
    let lenient =
        TestConfig { handlers: Handlers { processing: ErrorHandler::Continue, ..Handlers::default() }, ..uncached() };
    let steps = [("k=boom@2", &["out k=boom@2", "dropped 1"][..]), ("k=b@3", &["out k=b@3"])];
    check(fragile(traced(&Log::default()), None), &lenient, &steps);
    let driver =
        TopologyTestDriver::with_config(&fragile(traced(&Log::default()), None).unwrap(), &uncached()).unwrap();
    let stopped = driver.input_topic::<String, String>("in").pipe("k", "boom").unwrap_err();
    assert!(stopped.to_string().contains("boom"), "{stopped}");
}

/// A failure of a processor below is that one's own.
#[test]
fn it_does_not_get_failures_of_processors_below() {
    let log = Log::default();
    let builder = around("above", Lenient(Arc::clone(&log)));
    builder
        .stream::<String, String>("in")
        .peek(|_, _| ())
        .named("above")
        .process(|| Fragile(None), "fragile")
        .to("out");
    let config =
        TestConfig { handlers: Handlers { processing: ErrorHandler::Continue, ..Handlers::default() }, ..uncached() };
    check(builder.build(), &config, &[("k=boom@2", &["out k=boom@2", "dropped 1"])]);
    assert!(log.lock().unwrap().is_empty());
}

/// Lets only values through that are not "secret", and marks them.
#[derive(Clone)]
struct Guard;

impl AroundProcessor for Guard {
    fn process(&mut self, call: &mut ProcessorCall<'_>) -> Result<(), Failure> {
        if call.value::<String>().is_some_and(|value| value == "secret") {
            return Ok(());
        }
        let mut headers = Headers::new();
        headers.add("h", "seen");
        call.set_headers(headers);
        call.proceed()?;
        call.proceed()
    }
}

#[test]
fn it_may_stop_records_and_change_headers() {
    let builder = around("open", Guard);
    builder.stream::<String, String>("in").peek(|_, _| ()).named("open").to("out");
    check(builder.build(), &uncached(), &[("k=secret@1", &[]), ("k=plain@2", &["out k=plain@2 #seen"])]);
}

#[test]
fn a_wrapper_that_panics_is_named() {
    let builder = StreamsBuilder::new()
        .wrap_processors(|_: &ProcessorInfo<'_>| -> Option<Box<dyn AroundProcessor>> { panic!("no idea") });
    builder.stream::<String, String>("in").filter(|_, _| true).named("f").to("out");
    let error = builder.build().unwrap_err();
    let expected = TopologyError::WrapperPanicked { node: "f".to_owned(), message: "no idea".to_owned() };
    assert_eq!(error, expected);
}
