//! How a member joins and leaves, and the settings that it compares before.

use millstream_log::StreamsGroupSetting;
use millstream_protocol::messages::streams_group_heartbeat::StreamsGroupHeartbeatRequest;

use super::*;
use crate::group::streams::tests::lab::settings;
use crate::group::{ExitMode, MemberSettings};

#[test]
fn the_first_heartbeat_has_the_topology_and_later_ones_say_nothing_new() {
    let mut lab = Lab::new([with_tasks(3, [&["0_0"], &[], &[]])]);
    lab.until_requests(4);
    let [joining, acknowledging, third, ..] = &lab.requests()[..] else { panic!("too few") };
    assert_eq!((joining.member_epoch, joining.rebalance_timeout_ms), (0, 300_000));
    assert_eq!((joining.process_id.as_deref(), joining.rack_id.as_deref()), (Some("process"), Some("r")));
    assert_eq!(joining.user_endpoint.as_ref().map(|it| (it.host.as_str(), it.port)), Some(("host", 80)));
    assert!(
        [&joining.active_tasks, &joining.standby_tasks, &joining.warmup_tasks]
            .into_iter()
            .all(|it| *it == Some(vec![]))
    );
    let topology = joining.topology.as_ref().unwrap();
    let [first, second] = &topology.subtopologies[..] else { panic!("{topology:?}") };
    assert_eq!(
        (first.source_topics.as_slice(), first.repartition_sink_topics.as_slice()),
        (&["t".to_owned()][..], &["g-r".to_owned()][..])
    );
    let [changelog] = &second.state_changelog_topics[..] else { panic!("{second:?}") };
    assert_eq!((changelog.name.as_str(), changelog.partitions), ("g-c", 0), "brokers refuse a number for changelogs");
    assert_eq!(second.repartition_source_topics[0].partitions, 2);
    let [together] = &second.copartition_groups[..] else { panic!("{second:?}") };
    assert_eq!(
        (together.source_topics.as_slice(), together.repartition_source_topics.as_slice()),
        (&[0][..], &[0][..])
    );
    let active = acknowledging.active_tasks.as_ref().unwrap();
    assert_eq!((active[0].subtopology_id.as_str(), active[0].partitions.as_slice()), ("0", &[0][..]));
    assert_eq!((acknowledging.member_epoch, acknowledging.topology.is_none()), (3, true));
    let unchanged = [&third.active_tasks, &third.standby_tasks, &third.warmup_tasks];
    assert!(third.topology.is_none() && unchanged.into_iter().all(Option::is_none), "{third:?}");
    assert_eq!((third.member_epoch, &third.member_id), (3, &joining.member_id));
}

#[test]
fn a_member_says_with_its_epoch_how_it_leaves() {
    let identity = |instance: Option<&str>| MemberSettings { instance_id: instance.map(str::to_owned), ..settings() };
    let cases =
        [(None, ExitMode::Leave, -1), (Some("i"), ExitMode::Leave, -1), (Some("i"), ExitMode::KeepMembership, -2)];
    for (instance, mode, epoch) in cases {
        let mut lab = Lab::with(identity(instance), lab::group(), [accepted(1)]);
        lab.until_member();
        lab.end(mode);
        let last: StreamsGroupHeartbeatRequest = lab.requests().pop().unwrap();
        assert_eq!((last.member_epoch, last.instance_id.as_deref()), (epoch, instance), "{mode:?}");
    }
}

fn setting(value: &str, is_default: bool) -> StreamsGroupSetting {
    StreamsGroupSetting { name: "streams.x", set_by: "x", value: value.to_owned(), is_default }
}

#[test]
fn settings_of_the_group_that_differ_are_an_error_with_the_command_that_sets_them() {
    let mut lab = Lab::expecting(setting("2", false), &[("streams.x", "1")]);
    let error = lab.until_fatal();
    for part in ["`x` stands for `streams.x` = `2`", "has `1`", "--entity-name g --add-config streams.x=2"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    assert!(lab.requests().is_empty(), "it has joined");
}

#[test]
fn a_setting_that_brokers_do_not_know_may_be_left_at_its_default_only() {
    let mut lab = Lab::expecting(setting("2", true), &[("streams.y", "1")]);
    lab.until_member();
    let mut lab = Lab::expecting(setting("3", false), &[("streams.y", "1")]);
    let error = lab.until_fatal();
    assert!(error.contains("do not know") && error.contains("`group_protocol`"), "{error}");
}

#[test]
fn brokers_that_know_no_settings_of_streams_groups_have_none() {
    let mut lab = Lab::expecting(setting("2", true), &[]);
    let error = lab.until_fatal();
    assert!(error.contains("Kafka 4.2") && error.contains("`group_protocol`"), "{error}");
}

#[test]
fn settings_that_agree_let_it_join() {
    let mut lab = Lab::expecting(setting("2", false), &[("streams.x", "2")]);
    lab.until_member();
}
