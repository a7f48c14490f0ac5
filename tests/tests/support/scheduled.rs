//! A processor with a schedule.
#![allow(dead_code, reason = "every test target has this module, and none uses all of it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use millstream::{BoxError, Processor, ProcessorContext, PunctuationType, Record, ScheduleId, Timestamp};

type Context<'a> = ProcessorContext<'a, String, String>;

/// Forwards its records, and calls a function at each punctuation of its schedule.
pub(crate) struct Scheduled<F> {
    clock: PunctuationType,
    interval: Duration,
    time_per_record: Duration,
    on_punctuate: F,
}

impl<F: FnMut(&mut Context<'_>, ScheduleId) -> Result<(), BoxError>> Scheduled<F> {
    pub(crate) fn new(clock: PunctuationType, interval: Duration, on_punctuate: F) -> Self {
        Self { clock, interval, time_per_record: Duration::ZERO, on_punctuate }
    }

    /// Sleeps for this long in each record.
    pub(crate) fn with_time_per_record(self, time_per_record: Duration) -> Self {
        Self { time_per_record, ..self }
    }
}

/// A function that counts punctuations.
pub(crate) fn count(
    punctuations: &Arc<AtomicUsize>,
) -> impl FnMut(&mut Context<'_>, ScheduleId) -> Result<(), BoxError> + use<> {
    let punctuations = Arc::clone(punctuations);
    move |_, _| {
        punctuations.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

impl<F> Processor<String, String, String, String> for Scheduled<F>
where
    F: FnMut(&mut Context<'_>, ScheduleId) -> Result<(), BoxError> + Send + 'static,
{
    fn init(&mut self, context: &mut Context<'_>) -> Result<(), BoxError> {
        context.schedule(self.clock, self.interval);
        Ok(())
    }

    fn process(&mut self, context: &mut Context<'_>, record: Record<String, String>) -> Result<(), BoxError> {
        std::thread::sleep(self.time_per_record);
        context.forward(record);
        Ok(())
    }

    fn punctuate(&mut self, context: &mut Context<'_>, schedule: ScheduleId, _: Timestamp) -> Result<(), BoxError> {
        (self.on_punctuate)(context, schedule)
    }
}
