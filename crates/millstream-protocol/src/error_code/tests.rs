//! Tests of the error codes.

use super::ErrorCode;

#[test]
fn numbers_have_the_names_of_kafka() {
    let cases: &[(i16, &str, bool)] = &[
        (-1, "UNKNOWN_SERVER_ERROR (-1)", false),
        (0, "NONE (0)", false),
        (3, "UNKNOWN_TOPIC_OR_PARTITION (3)", true),
        (16, "NOT_COORDINATOR (16)", true),
        (25, "UNKNOWN_MEMBER_ID (25)", false),
        (27, "REBALANCE_IN_PROGRESS (27)", false),
        (51, "CONCURRENT_TRANSACTIONS (51)", true),
        (90, "PRODUCER_FENCED (90)", false),
        (106, "FETCH_SESSION_TOPIC_ID_ERROR (106)", true),
        (120, "TRANSACTION_ABORTABLE (120)", false),
        (132, "STREAMS_TOPOLOGY_FENCED (132)", false),
        (136, "CONTROLLER_ID_NOT_REGISTERED (136)", false),
        (137, "unknown error 137", false),
        (999, "unknown error 999", false),
        (i16::MIN, "unknown error -32768", false),
    ];
    for (number, text, is_retriable) in cases {
        let code = ErrorCode::from(*number);
        assert_eq!((code.to_string().as_str(), code.is_retriable()), (*text, *is_retriable));
        assert_eq!(code.is_none(), *number == 0);
    }
}

#[test]
fn no_number_is_missing() {
    let numbers: Vec<i16> = ErrorCode::ALL.iter().map(|code| code.0).collect();
    assert_eq!(numbers, (-1..=136).collect::<Vec<i16>>());
    assert_eq!(ErrorCode::ALL.iter().filter(|code| code.is_retriable()).count(), RETRIABLE);
}

/// As counted in Kafka 4.4's `Errors`.
const RETRIABLE: usize = 32;
