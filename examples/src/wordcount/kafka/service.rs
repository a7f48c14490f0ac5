//! The application on Kafka, until it is stopped.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use millstream::events::State;
use millstream::kafka::KafkaLog;
use millstream::{CloseError, Streams, StreamsHandle};

use super::super::lines::{Fed, LineWriter};
use super::super::progress::Rate;
use super::super::report::grouped;
use super::super::{Arguments, Inputs, WordCountError, say, topology};
use super::terminal::{Terminal, line};
use super::{http, settings, store};

/// How often the terminal's line is updated.
const TICK: Duration = Duration::from_millis(200);

/// Writes the texts to the source topic.
///
/// # Errors
/// When a text cannot be read, or Kafka refuses a line.
pub(super) fn feed(arguments: &Arguments, log: &KafkaLog, partitions: u32) -> Result<(), WordCountError> {
    let feeding = Feeding::start(arguments, log, partitions, &Inputs::find(&arguments.inputs)?)?;
    feeding.finish()
}

/// Counts until it is stopped; texts that are named are written to the source topic meanwhile.
///
/// # Errors
/// When the application fails or does not close cleanly, a text cannot be read, or Kafka refuses a line.
pub(super) fn run(arguments: &Arguments, log: &KafkaLog, partitions: u32) -> Result<(), WordCountError> {
    let inputs = (!arguments.inputs.is_empty()).then(|| Inputs::find(&arguments.inputs)).transpose()?;
    let topology = topology(&arguments.kafka.source, &arguments.kafka.output)?;
    let terminal = Arc::new(Terminal::new());
    let listener = Arc::clone(&terminal);
    let application = Streams::new(topology, settings::config(arguments))
        .with_log(log.clone())
        .with_listener(move |event| listener.show_event(event));
    #[cfg(unix)]
    let application = application.close_on_signals();
    let streams = store::choose(application, &arguments.kafka)?.start()?;
    // It responds until this function returns, also while the application is closing.
    let _server = arguments.kafka.listen.map(|address| http::serve(address, &streams)).transpose()?;
    let feeding = inputs.map(|inputs| Feeding::start(arguments, log, partitions, &inputs)).transpose()?;
    let result = watch(&streams, feeding, &terminal);
    terminal.clear();
    result?;
    streams.wait_until_ended().map_err(|error| match error {
        CloseError::Failed(failure) => WordCountError::Stopped(failure),
        other => WordCountError::Close(other),
    })
}

/// Until the application has ended, or the texts cannot be fed.
fn watch(streams: &StreamsHandle, feeding: Option<Feeding>, terminal: &Terminal) -> Result<(), WordCountError> {
    let (mut feeding, mut rate, begin) = (feeding, Rate::default(), Instant::now());
    while !matches!(streams.wait_until(State::Closed, TICK), State::Closed | State::Error) {
        if let Some(done) = feeding.take_if(|feeding| feeding.is_done()) {
            terminal.clear();
            done.finish()?;
        }
        terminal.show(&line(streams, begin.elapsed(), &mut rate));
    }
    feeding.map_or(Ok(()), Feeding::stop)
}

/// Writes texts to the source topic on its own thread, since reading may block.
struct Feeding {
    fed: Arc<Fed>,
    thread: JoinHandle<Result<(), WordCountError>>,
}

impl Feeding {
    fn start(arguments: &Arguments, log: &KafkaLog, partitions: u32, inputs: &Inputs) -> Result<Self, WordCountError> {
        let fed: Arc<Fed> = Arc::default();
        let writer = LineWriter::new(log, &arguments.kafka.source, partitions, Arc::clone(&fed));
        let (mut writer, inputs) = (writer.map_err(WordCountError::Kafka)?, inputs.list.clone());
        let feed = move || {
            inputs.iter().try_for_each(|input| writer.write_text(input, || ()))?;
            writer.finish().map_err(WordCountError::Kafka)
        };
        let thread = thread::Builder::new().name("wordcount-feeder".to_owned()).spawn(feed);
        Ok(Self { fed, thread: thread.map_err(WordCountError::Thread)? })
    }

    fn is_done(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits until all is fed.
    fn finish(self) -> Result<(), WordCountError> {
        self.thread.join().unwrap_or(Err(WordCountError::Panicked))?;
        self.fed.notes().iter().for_each(|note| say(note));
        let lines = self.fed.lines.load(Ordering::Relaxed);
        say(&format_args!("lines written to the source topic: {}", grouped(lines)));
        Ok(())
    }

    /// Stops feeding. A read that blocks is not waited for.
    fn stop(self) -> Result<(), WordCountError> {
        self.fed.stop.store(true, Ordering::Relaxed);
        if self.is_done() { self.finish() } else { Ok(()) }
    }
}
