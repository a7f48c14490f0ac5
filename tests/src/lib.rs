//! Millstream's tests.
//!
//! The tests themselves stand in `tests`; here, the code in the README and the guide is compiled and run, so that what
//! they show is true.

/// Each page as documentation of its own, whose code blocks are doc tests.
macro_rules! pages {
    ($($name:ident: $path:literal),+ $(,)?) => {$(
        #[cfg(doctest)]
        #[doc = include_str!(concat!("../../", $path))]
        mod $name {}
    )+};
}

pages! {
    readme: "README.md",
    new_program: "docs/guide/new-program.md",
    first_pipeline: "docs/guide/first-pipeline.md",
    testing: "docs/guide/testing.md",
    time_and_late_records: "docs/guide/time-and-late-records.md",
    processors: "docs/guide/processors.md",
    state_and_restore: "docs/guide/state-and-restore.md",
    standbys: "docs/guide/standbys.md",
    windows: "docs/guide/windows.md",
    joins: "docs/guide/joins.md",
    embedding: "docs/guide/embedding.md",
    failures: "docs/guide/failures.md",
    coming_from_kafka_streams: "docs/guide/coming-from-kafka-streams.md",
    differences: "docs/guide/differences.md",
}
