//! `Debug` of a type that holds secrets does not print them: a program that logs its configuration (`{log:?}`) must not write
//! the password of the cluster into its log.
#![cfg(feature = "kafka")]
#![allow(clippy::unwrap_used, reason = "tests")]

use millstream::kafka::KafkaLog;

#[test]
fn passwords_are_not_in_debug_output() {
    for name in
        ["sasl.password", "ssl.key.password", "ssl.keystore.password", "ssl.key.pem", "sasl.oauthbearer.client.secret"]
    {
        let Ok(log) = KafkaLog::new("localhost:9092").with(name, "s3cret") else { continue };
        assert!(!format!("{log:?}").contains("s3cret"), "`{name}` is shown by {{:?}}");
    }
}

#[test]
fn a_user_name_in_the_address_or_a_misspelt_setting_is_not_repeated_with_its_value() {
    let log = KafkaLog::new("localhost:9092").with("sasl.pasword", "s3cret");
    let shown = log.map_or_else(|error| error.to_string(), |log| format!("{log:?}"));
    assert!(!shown.contains("s3cret"), "{shown}");
}
