//! Without the feature `alerts`, an application with a configured alert variable does not start.
//! `cargo test -p millstream-runtime --no-default-features --test without_alerts`

#![cfg(not(feature = "alerts"))]
#![allow(clippy::unwrap_used)]

use std::process::Command;

use millstream_core::StreamsBuilder;
use millstream_log::InProcessLog;
use millstream_observe::alerts::AlertConfigError;
use millstream_runtime::{StartError, Streams, StreamsConfig};

fn start() -> Result<(), StartError> {
    let builder = StreamsBuilder::new();
    builder.stream::<String, String>("in").to("out");
    let log = InProcessLog::new();
    Streams::new(builder.build().unwrap(), StreamsConfig::new("app")).with_log(log).start().map(drop)
}

/// The parts run in separate processes, because environment variables belong to a process.
#[test]
fn a_variable_of_alerts_that_is_set_is_an_error_at_start() {
    for (variable, part) in [
        ("MILLSTREAM_ALERT_URL", "part_with_a_variable"),
        ("MILLSTREAM_ALERT_TOKEN", "part_with_a_variable"),
        ("OTHER_VARIABLE", "part_without_a_variable"),
    ] {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.env_remove("MILLSTREAM_ALERT_URL").env_remove("MILLSTREAM_ALERT_TOKEN");
        let output = child.args(["--exact", part]).env(variable, "https://host/s3cret").env("PART", variable).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{variable}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the parent says which variable it has set")]
fn part_with_a_variable() {
    let Ok(variable) = std::env::var("PART") else { return };
    let error = start().unwrap_err();
    let text = error.to_string();
    assert!(text.contains(&variable) && text.contains("`alerts`") && !text.contains("s3cret"), "{text}");
    assert!(matches!(error, StartError::Alerts(AlertConfigError::AlertsMissing { .. })));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the parent says which variable it has set")]
fn part_without_a_variable() {
    if std::env::var_os("PART").is_some() {
        start().unwrap();
    }
}
