//! State that is damaged, open elsewhere, left over, or of other types.

#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use millstream_core::{
    BoxError, KeyValueStore, Materialized, Processor, ProcessorContext, Record, Store, StoreHandle, StreamsBuilder,
    Topology,
};
use millstream_log::InProcessLog;
use millstream_observe::events::{EventKind, State, ThreadAction};
use millstream_runtime::state_directory::{ProcessId, StateDirectory, StateDirectoryError};
use millstream_runtime::{StartError, Streams, StreamsConfig, StreamsHandle, UncaughtErrors};
use millstream_state::EngineErrorKind;
use millstream_types::TaskId;
use support::disk::Disk;
use support::{EventRecorder, LIMIT, PARTITIONS, config, counts, eventually, feed_words, log, pause, total};

/// The task that counts the first partition of the repartition topic.
const TASK: TaskId = TaskId::new(1, 0);

/// Counts the values of `words` in this store.
fn counting_in(store: Materialized<String, i64>) -> Topology {
    let builder = StreamsBuilder::new();
    let words = builder.stream::<Option<String>, String>("words");
    words.group_by(|_, word| word.clone()).count(store).to_stream().to("counts");
    builder.build().unwrap()
}

fn application(
    topology: Topology,
    config: StreamsConfig,
    log: &InProcessLog,
    disk: &Disk,
    recorder: &EventRecorder,
) -> Streams {
    disk.behind(Streams::new(topology, config).with_log(log.clone()).with_listener(recorder.listener()))
}

fn started(topology: Topology, log: &InProcessLog, disk: &Disk, recorder: &EventRecorder) -> StreamsHandle {
    application(topology, config("app"), log, disk, recorder).start().unwrap()
}

/// Starts the counting application and waits until it runs.
fn run(log: &InProcessLog, disk: &Disk, recorder: &EventRecorder) -> StreamsHandle {
    let streams = started(counting_in("counts".into()), log, disk, recorder);
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running, "{:?}", streams.failure());
    streams
}

/// Counts a thousand words on `disk`, and closes.
fn count_a_thousand(log: &InProcessLog, disk: &Disk) {
    let streams = run(log, disk, &EventRecorder::default());
    let before = total(log);
    feed_words(log, 1_000);
    eventually("all is counted", || total(log) == before + 1_000);
    streams.close_blocking(LIMIT).unwrap();
}

fn failure_of(streams: &StreamsHandle) -> String {
    assert_eq!(streams.wait_until(State::Error, LIMIT), State::Error);
    streams.failure().unwrap().to_string()
}

/// How many records were read to restore stores, according to the events.
fn restored(recorder: &EventRecorder) -> u64 {
    let mut sum = 0;
    recorder.each(|kind| {
        if let EventKind::RestoreEnded { records, .. } = kind {
            sum += records;
        }
    });
    sum
}

#[test]
fn damage_found_at_the_start_is_reported_and_restored() {
    let (log, disk, recorder) = (log(), Disk::new(), EventRecorder::default());
    count_a_thousand(&log, &disk);
    disk.fail_opening(EngineErrorKind::Corrupt);
    let _streams = run(&log, &disk, &recorder);
    let [discarded] = &recorder.messages("state_discarded")[..] else { panic!("one directory was damaged") };
    assert!(discarded.contains("app/1_0") && discarded.contains("cannot be opened"), "{discarded}");
    feed_words(&log, 100);
    eventually("counting continues", || total(&log) == 1_100);
    assert!(counts(&log).values().all(|count| *count == 11));
}

#[test]
fn damage_found_while_running_leads_to_a_restore_and_loses_no_count() {
    let (log, disk, recorder) = (log(), Disk::new(), EventRecorder::default());
    let settings = StreamsConfig { cache_bytes_max: 0, ..config("app") };
    let streams = application(counting_in("counts".into()), settings, &log, &disk, &recorder).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    feed_words(&log, 1_000);
    eventually("all is counted", || total(&log) == 1_000);
    eventually("all is on disk", || disk.rows() == 100);
    disk.damage();
    feed_words(&log, 1_000);
    eventually("nothing is lost", || counts(&log).values().all(|count| *count >= 20));
    eventually("all directories were damaged", || recorder.messages("state_discarded").len() == PARTITIONS as usize);
    assert_eq!(recorder.messages("thread_failed"), [""; 0]);
    streams.close_blocking(LIMIT).unwrap();
    assert_eq!(disk.rows(), 100);
}

/// Counts words, and ignores errors of its store.
struct Careless(StoreHandle<KeyValueStore<String, i64>>);

impl Processor<Option<String>, String, String, i64> for Careless {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, String, i64>,
        record: Record<Option<String>, String>,
    ) -> Result<(), BoxError> {
        let mut store = context.store(self.0)?;
        let Ok(held) = store.get(&record.value) else { return Ok(()) };
        let count = held.map_or(1, |count| count + 1);
        store.put(&record.value, count)?;
        let Record { value: key, timestamp, headers, .. } = record;
        context.forward(Record { key, value: count, timestamp, headers });
        Ok(())
    }
}

#[test]
fn damage_that_user_code_ignores_is_restored_all_the_same() {
    let (log, disk, recorder) = (log(), Disk::new(), EventRecorder::default());
    let builder = StreamsBuilder::new();
    let store = builder.add_store(Store::key_value("counts"));
    builder.stream("words").process(move || Careless(store), store).to("counts");
    let settings = StreamsConfig { cache_bytes_max: 0, ..config("app") };
    let streams = application(builder.build().unwrap(), settings, &log, &disk, &recorder).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    feed_words(&log, 1_000);
    eventually("all is counted and on disk", || total(&log) == 1_000 && disk.rows() == 100);
    disk.damage();
    feed_words(&log, 1_000);
    eventually("nothing is lost", || counts(&log).values().all(|count| *count >= 20));
    // Rows in the cache are read without the engine, so the damage may be found after the last count.
    eventually("the damaged state was discarded", || !recorder.messages("state_discarded").is_empty());
}

#[test]
fn damaged_state_without_a_changelog_is_not_deleted() {
    let (log, disk) = (log(), Disk::new());
    let unlogged = || counting_in(Materialized::named("counts").without_logging());
    let first = started(unlogged(), &log, &disk, &EventRecorder::default());
    feed_words(&log, 1_000);
    eventually("all is counted", || total(&log) == 1_000);
    first.close_blocking(LIMIT).unwrap();
    assert_eq!(disk.rows(), 100);

    disk.fail_opening(EngineErrorKind::Corrupt);
    let message = failure_of(&started(unlogged(), &log, &disk, &EventRecorder::default()));
    assert!(message.contains("store `counts` has no changelog") && message.contains("app/1_"), "{message}");
    assert_eq!(disk.rows(), 100);

    let repaired = started(unlogged(), &log, &disk, &EventRecorder::default());
    feed_words(&log, 100);
    eventually("it continues from its disk", || total(&log) == 1_100);
    repaired.close_blocking(LIMIT).unwrap();
}

#[test]
fn an_application_waits_for_a_task_that_is_open_elsewhere() {
    let (log, disk, recorder) = (log(), Disk::new(), EventRecorder::default());
    count_a_thousand(&log, &disk);
    let elsewhere = StateDirectory::open(disk.root(), "app", ProcessId::new(7)).unwrap();
    let held = elsewhere.lock_task(TASK).unwrap();
    disk.fail_opening(EngineErrorKind::Busy);

    let streams = started(counting_in("counts".into()), &log, &disk, &recorder);
    eventually("both tasks wait", || recorder.messages("task_waiting").len() == 2);
    feed_words(&log, 1_000);
    eventually("the others work", || total(&log) > 1_000);
    pause(Duration::from_millis(100));
    assert_eq!(streams.state(), State::Rebalancing);
    let reported = recorder.messages("task_waiting");
    assert_eq!(reported.len(), 2, "each is reported once");
    let holder = format!("Task 1_0 is waiting for its state: task 1_0 is still open in process {}", std::process::id());
    assert!(reported.iter().any(|message| message.starts_with(&holder)), "{reported:?}");
    drop(held);
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    eventually("all is counted", || total(&log) == 2_000);
    assert_eq!(restored(&recorder), 0);
}

#[test]
fn a_waiting_application_can_be_closed() {
    let (log, disk, recorder) = (log(), Disk::new(), EventRecorder::default());
    let elsewhere = StateDirectory::open(disk.root(), "app", ProcessId::new(7)).unwrap();
    let _held = elsewhere.lock_task(TASK).unwrap();
    let streams = started(counting_in("counts".into()), &log, &disk, &recorder);
    eventually("the task waits", || recorder.messages("task_waiting").len() == 1);
    streams.close_blocking(LIMIT).unwrap();
}

#[test]
fn other_types_under_an_old_name_are_refused_and_nothing_is_lost() {
    let (log, disk) = (log(), Disk::new());
    count_a_thousand(&log, &disk);
    let builder = StreamsBuilder::new();
    let words = builder.stream::<Option<String>, String>("words");
    words.group_by(|_, word| word.clone()).reduce("counts", |_, last| last).to_stream().to("counts");
    let message = failure_of(&started(builder.build().unwrap(), &log, &disk, &EventRecorder::default()));
    assert!(message.contains("values i64") && message.contains("values String"), "{message}");
    assert_eq!(disk.rows(), 100);

    let recorder = EventRecorder::default();
    let _old = run(&log, &disk, &recorder);
    assert_eq!(restored(&recorder), 0);
}

#[test]
fn a_renamed_store_leaves_the_old_one_with_an_event() {
    let (log, disk, recorder) = (log(), Disk::new(), EventRecorder::default());
    count_a_thousand(&log, &disk);
    let meant = StreamsConfig { new_stores: ["sums".to_owned()].into(), ..config("app") };
    let renamed = application(counting_in("sums".into()), meant, &log, &disk, &recorder).start().unwrap();
    assert_eq!(renamed.wait_until(State::Running, LIMIT), State::Running, "{:?}", renamed.failure());
    let unknown = recorder.messages("stores_unknown");
    assert_eq!(unknown.len(), PARTITIONS as usize);
    assert!(unknown.iter().all(|message| message.contains(": counts.")), "{unknown:?}");
    renamed.close_blocking(LIMIT).unwrap();

    let recorder = EventRecorder::default();
    let _back = run(&log, &disk, &recorder);
    assert_eq!(restored(&recorder), 0, "the old store is as it was");
}

#[test]
fn tasks_move_between_applications_on_one_host_with_their_state() {
    let (log, disk, first_recorder, second_recorder) =
        (log(), Disk::new(), EventRecorder::default(), EventRecorder::default());
    let first = run(&log, &disk, &first_recorder);
    feed_words(&log, 1_000);
    eventually("all is counted", || total(&log) == 1_000);
    let second = run(&log, &disk, &second_recorder);
    feed_words(&log, 1_000);
    eventually("both count", || total(&log) == 2_000);
    eventually("the second has tasks with their state", || {
        second_recorder
            .has_event(|kind| matches!(kind, EventKind::RestoreStarted { from_offset, .. } if from_offset.number() > 0))
    });
    first.close_blocking(LIMIT).unwrap();
    feed_words(&log, 1_000);
    eventually("the second counts all", || total(&log) == 3_000);
    assert!(counts(&log).values().all(|count| *count == 30));
    assert_eq!(restored(&first_recorder) + restored(&second_recorder), 0);
    second.close_blocking(LIMIT).unwrap();
}

#[test]
fn two_threads_share_the_tasks_and_one_that_fails_is_replaced() {
    let (log, disk, recorder) = (log(), Disk::new(), EventRecorder::default());
    // Without a cache every commit writes to the engine, and fails.
    let settings = StreamsConfig { threads: 2, cache_bytes_max: 0, ..config("app") };
    let streams = application(counting_in("counts".into()), settings, &log, &disk, &recorder)
        .with_uncaught_errors(UncaughtErrors::always(ThreadAction::Replace))
        .start()
        .unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    feed_words(&log, 1_000);
    eventually("all is counted", || total(&log) == 1_000);
    disk.engines()[0].fail_next_write();
    feed_words(&log, 1_000);
    eventually("a thread was replaced", || !recorder.messages("thread_replaced").is_empty());
    eventually("nothing is lost", || counts(&log).values().all(|count| *count >= 20));
    assert_eq!(recorder.messages("state_discarded"), [""; 0]);
}

#[test]
fn a_recreated_changelog_empties_the_store() {
    let (old_log, disk, recorder) = (log(), Disk::new(), EventRecorder::default());
    count_a_thousand(&old_log, &disk);
    let new_log = log();
    let _streams = run(&new_log, &disk, &recorder);
    let reported = recorder.messages("store_outside_changelog");
    assert_eq!(reported.len(), PARTITIONS as usize);
    assert!(reported[0].contains("Store counts on disk was at offset"), "{reported:?}");
    feed_words(&new_log, 100);
    eventually("counting starts again", || total(&new_log) == 100);
}

#[test]
fn state_of_tasks_that_no_process_has_open_is_deleted_after_the_delay() {
    let (log, disk, recorder) = (log(), Disk::new(), EventRecorder::default());
    let left = StateDirectory::open(disk.root(), "app", ProcessId::new(7)).unwrap();
    drop(left.lock_task(TaskId::new(7, 3)).unwrap());
    let settings = StreamsConfig { state_cleanup_delay: Duration::from_millis(200), ..config("app") };
    let streams = application(counting_in("counts".into()), settings, &log, &disk, &recorder).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    eventually("it is deleted", || !disk.root().join("app/7_3").exists());
    eventually("it is reported", || {
        recorder.messages("state_cleaned_up").iter().any(|message| message.contains("7_3"))
    });
    assert!(disk.root().join("app/1_0").exists(), "what is open stays");
    assert!(!disk.root().join("app/0_0").exists(), "a task without stores keeps nothing");
}

#[test]
fn clean_up_deletes_the_state_of_all_tasks_that_are_not_open() {
    let (log, disk, recorder) = (log(), Disk::new(), EventRecorder::default());
    count_a_thousand(&log, &disk);
    let new = || application(counting_in("counts".into()), config("app"), &log, &disk, &recorder);
    let other = StateDirectory::open(disk.root(), "app", ProcessId::new(7)).unwrap();
    let open = other.lock_task(TaskId::new(1, 2)).unwrap();
    let refused = new().clean_up().unwrap_err();
    assert!(
        matches!(&refused, StateDirectoryError::TaskLocked { task, .. } if *task == TaskId::new(1, 2)),
        "{refused}"
    );
    assert!(disk.root().join("app/1_2").exists() && !disk.root().join("app/1_0").exists());
    drop(open);
    assert_eq!(new().clean_up().unwrap(), [TaskId::new(1, 2)]);
    assert_eq!(new().clean_up().unwrap(), []);

    let streams = new().start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running, "{:?}", streams.failure());
    feed_words(&log, 100);
    eventually("it counts on from the changelog", || total(&log) == 1_100);
    assert!(matches!(new().clean_up(), Err(StateDirectoryError::TaskLocked { .. })), "it is running");
}

#[test]
fn many_unwritten_bytes_lead_to_an_early_commit() {
    let (log, disk, recorder) = (log(), Disk::new(), EventRecorder::default());
    let settings = StreamsConfig {
        commit_interval: Duration::from_secs(3_600),
        session_timeout: Duration::from_secs(7_200),
        uncommitted_bytes_max: 100,
        // Without a cache every commit writes to the engine.
        cache_bytes_max: 0,
        ..config("app")
    };
    let _streams = application(counting_in("counts".into()), settings, &log, &disk, &recorder).start().unwrap();
    feed_words(&log, 1_000);
    eventually("rows reach the disk", || disk.rows() > 0);
}

#[test]
fn an_invalid_state_directory_is_an_error_at_start() {
    let (log, disk) = (log(), Disk::new());
    let file = disk.root().join("file");
    std::fs::write(&file, "").unwrap();
    let streams = Streams::new(counting_in("counts".into()), config("app")).with_log(log);
    let refused = streams.with_engines(disk.clone(), file).start();
    let Err(StartError::StateDirectory(error)) = refused else { panic!("a file is no directory") };
    assert!(error.to_string().contains("file/app"), "{error}");
}
