//! Tables grouped by another key, and tables of processors: what is subtracted and added, topics and names. The expected
//! results are those of Kafka Streams 4.3.1, but for rows that user code has failed on (`docs/guide/differences.md`).
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::Duration;

use millstream::errors::{ErrorHandler, Handlers};
use millstream::test::TestConfig;
use millstream::{
    BoxError, KTable, Materialized, PunctuationType, RowContext, RowProcessor, ScheduleId, StreamsBuilder, Timestamp,
    Topology, TopologyError,
};
use support::{cached, check, check_refused, check_with_internal, uncached};

type Texts = KTable<String, String>;
type Built = Result<Topology, TopologyError>;

/// Counts the rows of the table `in` by value.
fn counts(store: Materialized<String, String>) -> Built {
    let builder = StreamsBuilder::new();
    let table: Texts = builder.table("in", store);
    table.group_by(|key, value| (value, key.clone())).count("n").to_stream().to("out");
    builder.build()
}

/// Rules 62 and 63.
#[test]
fn a_row_that_moves_leaves_its_group_before_it_enters_the_other() {
    let config = uncached();
    check_with_internal(
        counts("t".into()),
        &config,
        &[
            (
                "a=x@5 #h",
                &["test-t-changelog a=x@5", "test-n-repartition x=6101@5 #h", "test-n-changelog x=1@5", "out x=1@5 #h"],
            ),
            (
                "a=y@3",
                &[
                    "test-t-changelog a=y@3",
                    "test-n-repartition x=6100@3",
                    "test-n-repartition y=6101@3",
                    "test-n-changelog x=0@5",
                    "out x=0@5",
                    "test-n-changelog y=1@3",
                    "out y=1@3",
                ],
            ),
            ("b=null@6", &["test-t-changelog b=null@6"]),
            (
                "a=null@7",
                &["test-t-changelog a=null@7", "test-n-repartition y=6100@7", "test-n-changelog y=0@7", "out y=0@7"],
            ),
        ],
    );
}

/// Rule 62.
#[test]
fn a_row_that_stays_in_its_group_sends_one_change_with_both_values() {
    let builder = StreamsBuilder::new();
    let table: Texts = builder.table("in", "t");
    let groups = table.group_by(|key, value| (key[..1].to_owned(), value));
    groups.reduce("r", |all, value| all + "+" + &value, |all, value| all + "-" + &value).to_stream().to("out");
    check_with_internal(
        builder.build(),
        &uncached(),
        &[
            (
                "ab=v@1",
                &["test-t-changelog ab=v@1", "test-r-repartition a=7601@1", "test-r-changelog a=v@1", "out a=v@1"],
            ),
            (
                "ab=w@2",
                &[
                    "test-t-changelog ab=w@2",
                    "test-r-repartition a=02777602@2",
                    "test-r-changelog a=v-v+w@2",
                    "out a=v-v+w@2",
                ],
            ),
        ],
    );
}

/// Rule 26.
#[test]
fn rows_without_a_group_or_a_value_are_in_none() {
    let builder = StreamsBuilder::new();
    let table: Texts = builder.table("in", "t");
    let grouped =
        table.group_by(|key, value| ((key != "lost").then(|| value.clone()), (value != "skip").then_some(value)));
    grouped.count("n").to_stream().to("out");
    check(
        builder.build(),
        &cached(),
        &[
            ("lost=x@1", &[]),
            ("k=skip@2", &[]),
            ("k=x@3", &["out x=1@3"]),
            ("k=skip@4", &["out x=0@4"]),
            ("lost=null@5", &[]),
            ("null=x@6", &["dropped 1"]),
        ],
    );
}

#[test]
fn a_group_without_a_row_is_deleted_if_the_subtractor_says_so() {
    let builder = StreamsBuilder::new();
    let table: Texts = builder.table("in", "t");
    let grouped = table.group_by(|_, value| (value.clone(), 1_i64));
    let sums = grouped.reduce("n", |sum, one| sum + one, |sum, one| (sum > one).then_some(sum - one));
    // The filter needs the previous row, which an aggregate of a table does not begin with a value of its own for.
    sums.filter(|_, sum| *sum > 1).to_stream().to("out");
    check(
        builder.build(),
        &uncached(),
        &[("a=x@1", &[]), ("b=x@2", &["out x=2@2"]), ("a=null@3", &["out x=null@3"]), ("b=null@4", &[])],
    );
}

#[test]
fn named_groups_share_a_repartition_and_others_do_not() {
    let topics = |named: bool| {
        let builder = StreamsBuilder::new();
        let table: Texts = builder.table("in", "t");
        let grouped = table.group_by(|key, value| (value, key.clone()));
        let grouped = if named { grouped.named("by-value") } else { grouped };
        drop(grouped.count("n").named("counted"));
        grouped.reduce("r", |a, _| a, |a, _| a);
        builder.build().unwrap().describe().to_string()
    };
    let named = topics(true);
    for part in [
        "Processor: by-value (stores: [])",
        "Sink: counted-sink (topic: by-value-repartition)",
        "Source: counted-source (topics: [by-value-repartition])\n      --> KTABLE-REDUCE-0000000008, counted",
    ] {
        assert!(named.contains(part), "{part}\n{named}");
    }
    let unnamed = topics(false);
    for part in [
        "Sink: counted-sink (topic: n-repartition)",
        "Sink: KSTREAM-SINK-0000000006 (topic: r-repartition)",
        "Source: KSTREAM-SOURCE-0000000007 (topics: [r-repartition])",
    ] {
        assert!(unnamed.contains(part), "{part}\n{unnamed}");
    }
}

fn continuing() -> TestConfig {
    let handlers = Handlers { processing: ErrorHandler::Continue, ..Handlers::default() };
    TestConfig { handlers, ..uncached() }
}

fn number(text: &str) -> Result<i64, std::num::ParseIntError> {
    text.parse()
}

#[test]
fn a_row_that_cannot_be_grouped_leaves_its_group() {
    let builder = StreamsBuilder::new();
    let table: Texts = builder.table("in", "t");
    let grouped = table.try_group_by(|_, value| number(&value).map(|number| (number % 2, number)));
    let sums = grouped.reduce("s", |sum, number| sum + number, |sum, number| sum - number);
    sums.to_stream().map(|parity, sum| (parity.to_string(), sum)).to("out");
    check(
        builder.build(),
        &continuing(),
        &[
            ("a=1@1", &["out 1=1@1"]),
            ("b=3@2", &["out 1=4@2"]),
            ("a=bad@3", &["out 1=3@3", "dropped 1"]),
            ("a=5@4", &["out 1=8@4"]),
        ],
    );
}

#[test]
fn an_aggregation_of_a_table_that_fails_leaves_its_row_as_it_was() {
    let builder = StreamsBuilder::new();
    let grouped = builder.table::<String, String>("in", "t").group_by(|_, value| ("all".to_owned(), value));
    let add = |_: &String, value: String, sum: i64| number(&value).map(|number| sum + number);
    let subtract = |_: &String, value: String, sum: i64| number(&value).map(|number| sum - number);
    grouped.try_aggregate("s", || 0, add, subtract).to_stream().to("out");
    let reduced = builder.table::<String, i64>("u", "u").group_by(|_, value| ("all".to_owned(), value));
    let add = |sum: i64, number: i64| sum.checked_add(number).ok_or("too large");
    reduced.try_reduce("r", add, |sum, number| sum.checked_sub(number).ok_or("too small")).to_stream().to("reduced");
    check(
        builder.build(),
        &continuing(),
        &[("a=1@1", &["out all=1@1"]), ("b=bad@2", &["dropped 1"]), ("c=2@3", &["out all=3@3"])],
    );
}

/// Numbers the changes that it sees.
#[derive(Default)]
struct Counting {
    seen: i64,
}

impl RowProcessor<String, String, String> for Counting {
    fn init(&mut self, context: &mut RowContext<'_, '_>) -> Result<(), BoxError> {
        context.schedule(PunctuationType::StreamTime, Duration::from_millis(100));
        Ok(())
    }

    fn process(
        &mut self,
        context: &mut RowContext<'_, '_>,
        _key: &String,
        value: Option<String>,
    ) -> Result<Option<String>, BoxError> {
        self.seen += 1;
        if value.as_deref() == Some("bad") {
            return Err("no bad values here".into());
        }
        Ok(value.map(|value| format!("{value}#{}@{}", self.seen, context.timestamp().as_millis())))
    }

    fn punctuate(
        &mut self,
        _context: &mut RowContext<'_, '_>,
        _schedule: ScheduleId,
        _time: Timestamp,
    ) -> Result<(), BoxError> {
        self.seen += 100;
        Ok(())
    }
}

#[test]
fn a_processor_of_a_table_is_called_for_deletes_and_with_its_schedules() {
    let topology = |kept: bool| {
        let builder = StreamsBuilder::new();
        let rows = builder.table::<String, String>("in", "t").process_values(Counting::default, "rows");
        let rows = if kept { rows.materialized("kept") } else { rows };
        rows.to_stream().to("out");
        builder.build()
    };
    for kept in [false, true] {
        let steps: [support::Step<'_>; 5] = [
            ("k=a@1", &["out k=a#1@1@1"]),
            ("k=bad@2", &["dropped 1"]),
            ("k=null@3", &["out k=null@3"]),
            ("k=null@200", &["out k=null@200"]),
            ("k=b@201", &["out k=b#205@201@201"]),
        ];
        check(topology(kept), &continuing(), &steps);
    }
}

/// Rule 61.
#[test]
fn without_a_store_the_processor_computes_the_row_before_again() {
    let topology = |kept: bool| {
        let builder = StreamsBuilder::new();
        let rows = builder.table::<String, String>("in", "t").process_values(Counting::default, ());
        let rows = if kept { rows.materialized("kept") } else { rows };
        let groups = rows.group_by(|key, value| (key.clone(), value));
        groups.reduce("r", |all, value| all + "+" + &value, |all, value| all + "-" + &value).to_stream().to("out");
        builder.build()
    };
    check(topology(true), &uncached(), &[("k=a@1", &["out k=a#1@1@1"]), ("k=b@2", &["out k=a#1@1-a#1@1+b#102@2@2"])]);
    // As in Kafka Streams: first the new row, then the one before, of which there is none for the first change.
    check(
        topology(false),
        &uncached(),
        &[("k=a@1", &["out k=a#1@1@1"]), ("k=b@2", &["out k=a#1@1-a#104@2+b#103@2@2"])],
    );
}

#[test]
fn the_rows_of_a_processor_are_looked_up_in_a_store_alone() {
    let declare = |builder: &StreamsBuilder, kept: bool| {
        let rows = builder.table::<String, String>("in", "t").process_values(Counting::default, "numbered");
        let rows = if kept { rows.materialized("kept") } else { rows };
        let stream = builder.stream::<String, String>("s");
        stream.join(&rows.filter(|_, _| true), |_, value, row| value + row).to("out");
    };
    check_refused(|builder| declare(builder, false), &["`numbered`", "`KSTREAM-JOIN-", "`materialized(\"name\")`"]);
    let builder = StreamsBuilder::new();
    declare(&builder, true);
    check(builder.build(), &uncached(), &[("k=a@1", &[]), ("s: k=v@2", &["out k=va#1@1@2"])]);
}
