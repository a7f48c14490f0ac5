//! Runs the schedules of a chain's processors when they are due.

use millstream_types::{Failure, MonotonicTime, Timestamp};

use super::context::contained;
use super::progress::FlushProgress;
use super::{Chain, DueBy, Environment};
use crate::stores::Stores;

impl Chain {
    /// Runs the processors' schedules that are due by the environment's clock, the earliest first. Each takes one of `left`;
    /// those that are due when none is left stay due.
    ///
    /// # Errors
    /// When a processor fails and the handler says to stop.
    pub fn punctuate_by_wall_clock(
        &mut self,
        left: &mut usize,
        stores: &mut Stores,
        environment: &mut dyn Environment,
    ) -> Result<FlushProgress, Failure> {
        let now = environment.now();
        self.punctuate(DueBy::WallClock(now.monotonic), now.wall, left, stores, environment)
    }

    /// When the next wall-clock schedule is due.
    #[must_use]
    pub fn next_wall_clock_punctuation(&self) -> Option<MonotonicTime> {
        self.state.schedules.next_wall_clock()
    }

    /// Whether stream time has made a schedule due.
    #[inline]
    pub(super) fn is_due_by_stream_time(&self) -> bool {
        let time = self.state.stream_time;
        time.is_valid() && self.state.schedules.is_due(DueBy::StreamTime(time))
    }

    /// Runs the processors' schedules that stream time has made due.
    pub(super) fn punctuate_by_stream_time(
        &mut self,
        left: &mut usize,
        stores: &mut Stores,
        environment: &mut dyn Environment,
    ) -> Result<FlushProgress, Failure> {
        let time = self.state.stream_time;
        self.state.schedules.begin(time);
        let punctuated = self.punctuate(DueBy::StreamTime(time), time, left, stores, environment);
        self.state.schedules.end();
        punctuated
    }

    /// Runs schedule after schedule while one is due; the processors get `time`.
    fn punctuate(
        &mut self,
        due_by: DueBy,
        time: Timestamp,
        left: &mut usize,
        stores: &mut Stores,
        environment: &mut dyn Environment,
    ) -> Result<FlushProgress, Failure> {
        while self.state.schedules.is_due(due_by) {
            if *left == 0 {
                return Ok(FlushProgress::More);
            }
            *left -= 1;
            let Some(due) = self.state.schedules.next_due(due_by) else { break };
            self.state.position = None;
            let punctuated = contained(&mut self.state, stores, environment, |context| {
                context.enter(due.node, |node, context| node.punctuate(context, due.id, time));
            });
            if let Err(panicked) = punctuated {
                self.context(stores, environment).fail_by_panic("punctuation", &panicked);
            }
            self.outcome()?;
        }
        Ok(FlushProgress::Done)
    }
}
