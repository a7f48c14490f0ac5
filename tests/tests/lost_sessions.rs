//! Topologies that would write sessions by the serde of `Windowed`, which has room for a start and none for an end.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::Duration;

use millstream::state::SessionStore;
use millstream::{
    BoxError, Consumed, KStream, KTable, Processor, ProcessorContext, Produced, Record, Repartitioned, Serde,
    SessionWindows, Store, StoreHandle, StreamsBuilder, TimeWindows, Windowed, session_windowed_serde, windowed_serde,
};
use support::check_refused;

type Session = Windowed<String>;

const SECOND: Duration = Duration::from_secs(1);

fn sessions(builder: &StreamsBuilder) -> KTable<Session, i64> {
    let gap = SessionWindows::of_inactivity_gap_with_no_grace(SECOND);
    builder.stream::<String, String>("in").group_by_key().windowed_by(gap).count("sessions")
}

fn counts(builder: &StreamsBuilder) -> KStream<Session, i64> {
    sessions(builder).to_stream().map_values(|_, count| count.unwrap_or(0))
}

fn seconds() -> TimeWindows {
    TimeWindows::of_size_with_no_grace(SECOND)
}

fn session_serde() -> Serde<Session> {
    session_windowed_serde(Serde::of_type())
}

/// Writes sessions of a session store of its own.
struct Sessions(StoreHandle<SessionStore<String, i64>>);

impl Processor<String, String, Session, i64> for Sessions {
    fn process(
        &mut self,
        _: &mut ProcessorContext<'_, Session, i64>,
        _: Record<String, String>,
    ) -> Result<(), BoxError> {
        _ = self.0;
        Ok(())
    }
}

/// The check of sinks looked no further up than the next topic or the next windows: all sessions of a key with one start were written
/// under one key, and of these compaction and tables keep one.
#[test]
fn sessions_are_found_behind_topics_and_other_windows() {
    let said = ["sink `", "sessions", "`Produced::key_serde(session_windowed_serde(…))`"];
    let check = |declare: &dyn Fn(&StreamsBuilder)| check_refused(declare, &said);
    check(&|builder| drop(counts(builder).repartition("r").map(|session, count| (session, count)).to("out")));
    check(&|builder| {
        let repartitioned = Repartitioned::named("r").key_serde(session_serde());
        let mapped = counts(builder).map(|session, count| (session, count)).repartition(repartitioned);
        drop(mapped.map(|session, count| (session, count)).to("out"));
    });
    check(&|builder| {
        let names = builder.table::<String, String>("names", "names");
        let by_key = names.by(|session: &Session, _: &i64| Some(session.key.clone()));
        let named = sessions(builder).join_foreign(by_key, |_, count, name| format!("{name}{count}"));
        drop(named.to_stream().map(|session, named| (session, named)).to("out"));
    });
    check(&|builder| {
        let counted = counts(builder).group_by_key().windowed_by(seconds()).count("windows");
        drop(counted.to_stream().map(|window, count| (window.key, count)).to("out"));
    });
    check(&|builder| {
        let read = builder.stream::<Session, i64>(Consumed::topic("sessions").key_serde(session_serde()));
        drop(read.map(|session, count| (session, count)).to("out"));
    });
    check(&|builder| {
        let store = builder.add_store(Store::session("kept", SECOND));
        drop(builder.stream("in").process(move || Sessions(store), store).to("out"));
    });
}

/// Only keys were looked at that are nothing but windows: values lost the ends of their sessions, and so did pairs.
#[test]
fn sessions_are_found_in_values_and_pairs() {
    let said = ["sink `", "sessions", "`value_serde`"];
    check_refused(|builder| drop(counts(builder).map(|session, _| (session.key.clone(), session)).to("out")), &said);
    check_refused(|builder| drop(counts(builder).map(|session, count| ((session, count), 1_i64)).to("out")), &said);
}

/// Windows that are no sessions any more need no further serde, and sessions keep the one that they bring.
#[test]
fn other_windows_below_sessions_are_written() {
    let check = |declare: &dyn Fn(&StreamsBuilder)| {
        let builder = StreamsBuilder::new();
        declare(&builder);
        builder.build().unwrap();
    };
    check(&|builder| drop(counts(builder).repartition("r").to("out")));
    check(&|builder| {
        let mapped = counts(builder).map(|session, count| (session, count));
        drop(mapped.to(Produced::topic("out").key_serde(session_serde())));
    });
    check(&|builder| {
        let by_key = counts(builder).map(|session, count| (session.key, count)).group_by_key();
        drop(by_key.windowed_by(seconds()).count("w").to_stream().map(|window, count| (window, count)).to("out"));
    });
    check(&|builder| {
        let sized = Repartitioned::named("r").key_serde(windowed_serde(Serde::of_type(), SECOND));
        let mapped = counts(builder).map(|session, count| (session, count)).repartition(sized);
        drop(mapped.map(|window, count| (window, count)).to("out"));
    });
}

/// The error named the serde of one size alone, also below sessions, where every record failed with it.
#[test]
fn a_store_of_sessions_without_their_serde_names_it() {
    let remedy = ["`Windowed<String>`", "`windowed_serde(key_serde, size)`", "`session_windowed_serde(key_serde)`"];
    check_refused(
        |builder| drop(counts(builder).map(|session, count| (session, count)).group_by_key().count("n")),
        &remedy,
    );
    check_refused(|builder| drop(builder.stream::<Session, i64>("in")), &remedy);
}
