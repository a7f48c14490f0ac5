//! Tasks with stores of every kind move between members at random, as active tasks and standbys. Whoever has them then has what is restored
//! from the beginning of the changelogs, byte for byte.

use std::time::Duration;

use millstream_core::{
    BufferConfig, JoinWindows, Joined, KTable, Materialized, SessionWindows, StreamsBuilder, Suppressed, TimeWindows,
    Topology,
};
use proptest::prelude::*;

use super::fixture::{Disk, Group, Member};
use super::none;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Stores of all kinds in three sub-topologies: rows, windows, sessions, versions, a buffer, windows with duplicates, foreign
/// keys, records that wait for a table.
fn every_kind() -> Topology {
    let builder = StreamsBuilder::new();
    let clicks = builder.stream::<String, String>("clicks");
    let by_user = clicks.group_by_key();
    by_user.count(Materialized::named("rows")).to_stream().to("out");
    let windows = TimeWindows::of_size_and_grace(seconds(10), seconds(5));
    let counts = by_user.windowed_by(windows).count("windows");
    let held = counts.suppress(Suppressed::until_window_closes(BufferConfig::unbounded()));
    held.to_stream().select_key(|key, _| key.to_string()).to("out");
    let sessions = SessionWindows::of_inactivity_gap_and_grace(seconds(10), seconds(5));
    by_user.windowed_by(sessions).count("sessions");
    let views = builder.stream::<String, String>("views");
    let near = views.within(JoinWindows::of_time_difference_and_grace(seconds(10), seconds(5)));
    clicks.outer_join_stream(near, |_, left, right| format!("{left:?}{right:?}")).to("out");
    let versions: KTable<String, String> =
        builder.table("versions", Materialized::named("versions").versioned(seconds(30)));
    versions.to_stream().to("out");
    let versions = Joined::with(&versions).named("held").grace(seconds(20));
    clicks.left_join(versions, |_, click, version: Option<&String>| format!("{click}{version:?}")).to("out");
    let orders: KTable<String, String> = builder.table("orders", "orders");
    let products: KTable<String, String> = builder.table("products", "products");
    let product = |_: &String, order: &String| Some(order.clone());
    orders.join_foreign(products.by(product), |_, order, product| format!("{order}{product}")).to_stream().to("out");
    builder.build().unwrap()
}

/// What happens to a group of two members.
#[derive(Clone, Debug)]
enum Act {
    /// Records are written, each to a topic with a key and a value, so much later than the one before.
    Feed(Vec<(usize, u8, Option<u8>, u16)>),
    /// The active member processes, and commits.
    Process,
    /// The standby has a turn.
    Follow,
    /// The two change their parts.
    Move,
    /// The active member loses its tasks, and what it has not committed.
    Lose,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    // Many are of the same time, for stores that tell values of a time apart.
    let later = prop_oneof![3 => Just(0), 2 => 0..20_000_u16];
    let record = (0..5_usize, 0..4_u8, prop::option::weighted(0.8, 0..4_u8), later);
    let act = prop_oneof![
        4 => prop::collection::vec(record, 1..20).prop_map(Act::Feed),
        4 => Just(Act::Process),
        3 => Just(Act::Follow),
        2 => Just(Act::Move),
        1 => Just(Act::Lose),
    ];
    prop::collection::vec(act, 1..25)
}

/// Two members, of which the first is active.
struct Two {
    group: Group,
    members: [Member; 2],
    time: i64,
}

impl Two {
    fn act(&mut self, act: Act) {
        match act {
            Act::Feed(records) => {
                for (topic, key, value, later) in records {
                    self.time += i64::from(later);
                    // Some come late.
                    let time = if later % 5 == 1 { self.time - 12_000 } else { self.time };
                    let topic = ["clicks", "views", "versions", "orders", "products"][topic];
                    let value = value.map(|value| format!("k{value}"));
                    self.group.feed(topic, &format!("k{key}"), value.as_deref(), time.max(0));
                }
            }
            Act::Process => self.process(),
            Act::Follow => self.members[1].try_turn().unwrap(),
            Act::Move => self.trade(),
            Act::Lose => {
                let tasks = self.group.tasks();
                (0..20).for_each(|_| self.members[0].try_turn().unwrap());
                self.members[0].stand_by(&tasks);
                self.members[0].owned.close_lost(tasks.iter().copied().collect());
                self.members[1].stand_by(&none());
                self.members[1].assign(&tasks);
                self.members.swap(0, 1);
            }
        }
    }

    fn process(&mut self) {
        for _ in 0..3 {
            self.members[0].run();
            self.members[0].commit();
        }
    }

    fn trade(&mut self) {
        let tasks = self.group.tasks();
        self.members[0].commit();
        self.members[0].stand_by(&tasks);
        self.members[0].revoke(&tasks);
        self.members[1].stand_by(&none());
        self.members[1].assign(&tasks);
        self.members.swap(0, 1);
    }
}

fn check(acts: Vec<Act>, mut two: Two) -> Result<(), TestCaseError> {
    let tasks = two.group.tasks();
    two.members[0].assign(&tasks);
    two.members[1].stand_by(&tasks);
    acts.into_iter().for_each(|act| two.act(act));
    // Lost work is repeated, so that nothing is left to repeat. The last records tell all stores the stream time, which one that was
    // opened again does not know: until then it shows rows that have expired, as in Kafka Streams.
    for topic in ["clicks", "views"] {
        two.group.feed(topic, "k0", Some("last"), two.time + 1);
    }
    two.process();
    let active = two.members[0].active();
    two.members[1].run();
    let mut scratch = two.group.member();
    scratch.stand_by(&tasks);
    scratch.run();
    let expected = scratch.standbys();
    for (store, rows) in &expected {
        prop_assert_eq!(&two.members[1].standbys()[store], rows, "standby of {:?}", store);
    }
    two.trade();
    two.members[0].run();
    let promoted = two.members[0].active();
    for (store, rows) in &expected {
        prop_assert_eq!(&promoted[store], rows, "promoted {:?}", store);
        prop_assert_eq!(&active[store], rows, "active before {:?}", store);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn in_memory_state_that_moves_is_what_is_restored(acts in acts()) {
        let group = Group::new(every_kind());
        let members = [group.member(), group.member()];
        check(acts, Two { group, members, time: 0 })?;
    }

    #[test]
    fn state_on_disk_that_moves_is_what_is_restored(acts in acts()) {
        let group = Group::new(every_kind());
        let disks = [(); 2].map(|()| (Disk::default(), tempfile::tempdir().unwrap()));
        let members = [0, 1].map(|index: usize| group.member_on(&disks[index].0, disks[index].1.path()));
        check(acts, Two { group, members, time: 0 })?;
    }
}
