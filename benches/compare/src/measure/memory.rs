//! Memory: the smallest heap with which Kafka Streams keeps its speed.

use super::{Arena, Measured, Settings};
use crate::Outcome;
use crate::contender::Contender;
use crate::workload::{Case, Truth};

/// Heaps that are tried, in megabytes.
const HEAPS_MB: &[u32] = &[16, 24, 32, 40, 48, 64, 80, 96, 128, 160, 192, 256, 384, 512];

/// It keeps its speed if it needs at most this many times the processor time that it needs with the default heap.
const SLOWER_AT_MOST: f64 = 1.1;

impl Arena {
    /// The smallest heap, in megabytes.
    pub(crate) fn smallest_heap(
        &mut self,
        case: Case,
        truth: &Truth,
        settings: &Settings,
        unbounded: &Measured,
    ) -> Outcome<u32> {
        let mut found = None;
        let (mut too_small, mut enough) = (0, HEAPS_MB.len());
        while too_small < enough {
            let tried = usize::midpoint(too_small, enough);
            let settings = with_heap(settings, HEAPS_MB[tried]);
            // With too little memory it fails or does not end.
            let run = self.run(Contender::KafkaStreams, case, truth, &settings);
            match run {
                Ok(measured) if measured.cpu_us <= unbounded.cpu_us * SLOWER_AT_MOST => {
                    found = Some(HEAPS_MB[tried]);
                    enough = tried;
                }
                _ => too_small = tried + 1,
            }
        }
        found.ok_or_else(|| "no heap that was tried lets Kafka Streams keep its speed".into())
    }
}

/// The same settings with a heap of that size.
pub(crate) fn with_heap(settings: &Settings, megabytes: u32) -> Settings {
    let heap = [format!("-Xmx{megabytes}m"), "-XX:+ExitOnOutOfMemoryError".to_owned()];
    Settings { jvm: settings.jvm.iter().cloned().chain(heap).collect(), ..settings.clone() }
}
