//! Large groups: how few tasks move, how long it takes, and how many bytes it needs.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use millstream_assign::*;
use support::World;
use support::checks::{check_always, check_at_rest, settle};

/// A group of `processes` with `threads` each, at rest.
fn group(partitions: &[u32], processes: usize, threads: usize, settings: Settings) -> World {
    let mut world = World::with_partitions(partitions, settings);
    world.with_bytes = false;
    (0..processes).for_each(|_| _ = world.start(threads));
    settle(&mut world);
    world
}

/// How many tasks move until the group is at rest again; the tasks of `gone` processes among them.
fn moves(world: &mut World) -> usize {
    let (state, assignment) = world.rebalance();
    check_always(&state, &assignment);
    let moves = assignment.moves.len();
    settle(world);
    check_at_rest(world);
    moves
}

#[test]
fn as_many_tasks_move_as_a_new_process_gets() {
    for (partitions, processes, threads) in
        [(vec![40; 5], 9, 1), (vec![7; 30], 19, 1), (vec![100], 4, 2), (vec![12; 8], 5, 3)]
    {
        let tasks: usize = partitions.iter().sum::<u32>() as usize;
        let mut world =
            group(&partitions, processes, threads, Settings { max_warmup_replicas: 50, ..Settings::default() });
        world.start(threads);
        let moves = moves(&mut world);
        let share = tasks.div_ceil(processes + 1);
        assert!(
            moves <= 2 * share + partitions.len(),
            "{moves} tasks move for a share of {share}, {} groups",
            partitions.len()
        );
        assert!(moves >= tasks / (processes + 1), "{moves} of {share}");
    }
}

#[test]
fn the_tasks_of_a_process_that_is_gone_move_and_few_others() {
    for (partitions, processes) in [(vec![40; 5], 10), (vec![7; 30], 20), (vec![100], 5)] {
        let mut world = group(&partitions, processes, 1, Settings { max_warmup_replicas: 50, ..Settings::default() });
        let gone = *world.machines.keys().nth(3).unwrap();
        let had: usize = world.members.values().filter(|one| one.process == gone).map(|one| one.active.len()).sum();
        world.stop(gone);
        let moves = moves(&mut world);
        assert!(moves >= had && moves <= 2 * had + partitions.len(), "{moves} tasks move for the {had} of the process");
    }
}

#[test]
fn ten_thousand_tasks_on_a_thousand_members() {
    let settings = Settings { standby_replicas: 1, max_warmup_replicas: 100_000, ..Settings::default() };
    let mut world = group(&[1_000; 10], 1_000, 1, settings);
    let (mut state, _) = world.rebalance();
    let assignment = StickyTaskAssignor.assign(&state).unwrap();
    assert_eq!((assignment.moves.len(), assignment.follow_up), (0, FollowUp::None));
    assert!(assignment.members.values().all(|tasks| tasks.active.len() == 10));
    // A tenth of the members joins.
    (0..100).for_each(|_| _ = world.start(1));
    state = world.state();
    let assignment = StickyTaskAssignor.assign(&state).unwrap();
    check_always(&state, &assignment);
    assert!((900..=1_100).contains(&assignment.moves.len()), "{} tasks move", assignment.moves.len());
}

#[test]
fn a_tenth_joins_with_a_hundred_subtopologies() {
    let mut world = group(&[100; 100], 1_000, 1, Settings { max_warmup_replicas: 100_000, ..Settings::default() });
    (0..100).for_each(|_| _ = world.start(1));
    let state = world.state();
    let assignment = StickyTaskAssignor.assign(&state).unwrap();
    check_always(&state, &assignment);
    assert!((900..=1_100).contains(&assignment.moves.len()), "{} tasks move", assignment.moves.len());
}

/// Ten thousand tasks on a thousand members, at rest and after a tenth has joined.
fn encoded(
    partitions: &[u32],
    processes: usize,
    threads: usize,
    servers: bool,
) -> [Result<EncodedAssignments, GroupTooLarge>; 2] {
    let settings = Settings { standby_replicas: 1, max_warmup_replicas: 100, ..Settings::default() };
    let mut world = World::with_partitions(partitions, settings);
    world.with_bytes = false;
    let start = |world: &mut World, number: usize| {
        let mut report = ProcessReport { rack: Some(format!("rack-{}", number % 3)), ..ProcessReport::default() };
        if servers {
            report.application_server = Some(format!("orders-{number}.orders.production.svc.cluster.local:8080"));
        }
        let digests = world.digests();
        world.start_with(threads, report, digests);
    };
    (0..processes).for_each(|number| start(&mut world, number));
    settle(&mut world);
    for state in world.machines.values_mut().flat_map(|machine| machine.report.on_disk.values_mut()) {
        *state = CopyState::At { offset_sum: 123_456_789 };
    }
    let at_rest = world.encoded();
    (processes..processes + processes / 10).for_each(|number| start(&mut world, number));
    [at_rest, world.encoded()]
}

#[test]
fn a_large_group_fits_into_its_record_with_as_much_of_the_routing_table_as_possible() {
    use RoutingDetail::{Active, All, None};
    let cases = [
        ((1_000, 1, false), [(All, 350_000), (All, 380_000)]),
        ((200, 5, false), [(All, 350_000), (All, 380_000)]),
        ((20, 50, true), [(All, 650_000), (All, 700_000)]),
        ((50, 20, true), [(All, 999_999), (Active, 890_000)]),
        ((1_000, 1, true), [(None, 400_000), (None, 430_000)]),
    ];
    for ((processes, threads, servers), expected) in cases {
        for (encoded, (detail, most)) in encoded(&[1_000; 10], processes, threads, servers).into_iter().zip(expected) {
            let encoded = encoded.unwrap();
            let (size, total) = (encoded.size, encoded.size.total());
            assert_eq!(encoded.routing_detail, detail, "{processes} processes of {threads} threads: {size:?}");
            assert!(
                total <= most && total > most / 10 * 7,
                "{processes} processes of {threads} threads: {size:?} {total}"
            );
        }
    }
}

#[test]
fn a_group_that_is_too_large_is_refused_with_its_size() {
    let [too_large, _] = encoded(&[100; 100], 1_000, 1, false);
    let error = too_large.unwrap_err().to_string();
    assert!(error.starts_with("the group of 1000 members needs ") && error.ends_with("or fewer partitions"), "{error}");
}
