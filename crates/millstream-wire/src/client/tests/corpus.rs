//! Replays the responses of `corpus/responses.txt` through real connections.

use super::*;

const CORPUS: &str = include_str!("../../../corpus/responses.txt");

/// The correlation id of the first call of a connection.
const FIRST: [u8; 4] = [0, 0, 0, 2];

#[test]
fn each_response_of_the_corpus_is_read_or_refused() {
    let lines = CORPUS.lines().filter(|line| !line.starts_with('#'));
    let mut rig = Rig::new();
    assert!(lines.clone().count() > 20);
    for line in lines {
        let mut words = line.split_whitespace();
        let (api, version): (i16, i16) =
            (words.next().unwrap().parse().unwrap(), words.next().unwrap().parse().unwrap());
        let (expected, bytes) = (words.next().unwrap(), bytes(&words.collect::<String>()));
        let frame = [&(bytes.len() as i32 + 4).to_be_bytes()[..], &FIRST, &bytes].concat();
        rig.brokers.edit(|script| script.calls.versions.insert(api, Some((version, version))));
        rig.brokers.fault(1, api, Fault::Instead(frame));
        let outcome = call(&mut rig, api);
        let text = if outcome.is_ok() { "response" } else { "error" };
        assert_eq!(text, expected, "{line}: {outcome:?}");
        if let Err(error) = outcome {
            assert!(error.to_string().contains("cannot be read"), "{line}: {error}");
        }
        rig.brokers.heal();
        rig.brokers.edit(|script| script.disconnect(1));
        rig.wait("the connection is closed", |rig| rig.brokers.open() == 0);
    }
}

fn bytes(text: &str) -> Vec<u8> {
    let text = text.trim_matches('-');
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn call(rig: &mut Rig, api: i16) -> Result<(), CallError> {
    macro_rules! call {
        ($($request:ident),*) => {
            match api {
                of::MetadataRequest::API_KEY => {
                    let request = of::MetadataRequest { allow_auto_topic_creation: false, ..Default::default() };
                    rig.call(1, request).map(drop)
                }
                $(of::$request::API_KEY => rig.call(1, of::$request::default()).map(drop),)*
                other => panic!("API {other}"),
            }
        };
    }
    call!(
        ListGroupsRequest,
        FindCoordinatorRequest,
        JoinGroupRequest,
        SyncGroupRequest,
        HeartbeatRequest,
        OffsetFetchRequest,
        ListOffsetsRequest
    )
}
