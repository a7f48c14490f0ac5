//! The topics of a producer.

use super::*;

const METADATA: i16 = of::MetadataRequest::API_KEY;

fn producer() -> Rig<Producer> {
    Rig::new(|brokers, signal| {
        let settings = ProduceSettings { client: brokers.client_of(&[1, 2, 3]), ..ProduceSettings::default() };
        Producer::new(settings, None, signal)
    })
}

#[test]
fn a_topic_is_ready_missing_or_refused() {
    let exists = |error: i16, times: usize| {
        let mut rig = producer();
        rig.poll();
        rig.brokers.edit(|script| script.calls.fail_item(METADATA, "t", -1, error, times));
        let begin = rig.now;
        loop {
            rig.poll();
            let state = rig.client.topic(&"t".into());
            let fatal = rig
                .events
                .iter()
                .find_map(|event| if let LogEvent::Fatal(error) = event { Some(error.to_string()) } else { None });
            if state != TopicState::Pending || fatal.is_some() {
                return (format!("{state:?} {}", fatal.unwrap_or_default()), (rig.now - begin).as_secs());
            }
        }
    };
    let refused = "Pending not authorised: topic `t`: TOPIC_AUTHORIZATION_FAILED (29)";
    let invalid = "Pending topic `t`: INVALID_TOPIC_EXCEPTION (17)";
    for (error, times, expected, seconds) in [
        (0, 0, "Ready { partitions: 3 } ", 0),
        (3, usize::MAX, "Missing ", 5),
        (3, 5, "Ready { partitions: 3 } ", 0),
        (5, 20, "Ready { partitions: 3 } ", 2),
        (29, usize::MAX, refused, 0),
        (17, usize::MAX, invalid, 0),
    ] {
        let (text, took) = exists(error, times);
        assert_eq!(text, expected, "error {error}");
        assert!((seconds..=seconds + 1).contains(&took), "error {error}: after {took} s");
    }
}

#[test]
fn a_topic_that_a_response_leaves_out_is_looked_up_again() {
    let mut rig = producer();
    rig.brokers.edit(|script| script.calls.leave_out(METADATA, "t", -1));
    assert_eq!(rig.client.topic(&"t".into()), TopicState::Pending);
    rig.pass(Duration::from_secs(8));
    assert_eq!(rig.client.topic(&"t".into()), TopicState::Pending);
    rig.brokers.heal();
    rig.until("it is looked up", |rig| rig.brokers.edit(|script| script.calls.calls_of(METADATA).len() > 10));
    let before = rig.now;
    while rig.client.topic(&"t".into()) == TopicState::Pending {
        rig.poll();
        assert!(rig.now - before < Duration::from_secs(5));
    }
    assert_eq!(rig.client.topic(&"t".into()), TopicState::Ready { partitions: 3 });
}
