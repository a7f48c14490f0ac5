//! The settings of contenders: equal for all, the best of each, and the defaults of each.

use crate::contender::Contender;
use crate::measure::Settings;
use crate::workload::Workload;

/// Equal for all: commit interval, cache and linger. Other settings have the defaults of each contender.
pub(crate) fn equal(workload: Workload) -> Settings {
    with(100, workload.cache_bytes(), 5)
}

/// Equal for all, and a record is sent at once.
pub(crate) fn without_lingering() -> Settings {
    with(100, 10 << 20, 0)
}

/// The defaults of each contender.
pub(crate) fn defaults(contender: Contender) -> Settings {
    match contender {
        Contender::KafkaStreams => with(30_000, 10 << 20, 100),
        Contender::Millstream | Contender::Librdkafka => with(100, 10 << 20, 1),
    }
}

/// The fastest settings of each, with results that are at most a second old.
pub(crate) fn best(contender: Contender) -> Settings {
    let settings = with(1_000, 512 << 20, 100);
    match contender {
        Contender::KafkaStreams => Settings {
            extra: "topology.optimization=all,producer.batch.size=262144,producer.buffer.memory=134217728,\
                    consumer.max.poll.records=10000"
                .to_owned(),
            jvm: vec!["-Xms2g".to_owned(), "-Xmx2g".to_owned()],
            ..settings
        },
        Contender::Millstream | Contender::Librdkafka => settings,
    }
}

/// Settings in words.
pub(crate) fn describe(settings: &Settings) -> String {
    let Settings { commit_ms, cache_bytes, linger_ms, task_idle_ms: _, extra, jvm } = settings;
    let mut words = vec![
        format!("commit interval {commit_ms} ms"),
        format!("cache {} MiB", cache_bytes >> 20),
        format!("linger {linger_ms} ms"),
    ];
    words.extend(extra.split(',').filter(|pair| !pair.is_empty()).map(|pair| format!("`{pair}`")));
    words.extend(jvm.iter().map(|flag| format!("`{flag}`")));
    words.join(", ")
}

/// These, and all else as it is by default.
pub(crate) fn with(commit_ms: u64, cache_bytes: usize, linger_ms: u64) -> Settings {
    Settings { commit_ms, cache_bytes, linger_ms, task_idle_ms: 0, extra: String::new(), jvm: Vec::new() }
}
