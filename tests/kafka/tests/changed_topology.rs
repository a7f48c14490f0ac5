//! A changed topology on a real broker with the topics of an earlier one. If records or state would be lost, the application
//! does not start and writes nothing; the failure names what does not match, and the remedy it names works. Records that are
//! older than the retention of their topic are reported.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use millstream::events::{EventSettings, Failure, State};
use millstream::logs::{AdminRequest, AdminResponse, NewTopic};
use millstream::{
    KStream, Partition, Streams, StreamsBuilder, StreamsConfig, StreamsHandle, Timestamp, Topic, Topology,
};
use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::reader::Reader;
use millstream_kafka_tests::writer::Writer;
use millstream_kafka_tests::{PARTITIONS, PATIENCE, TestClient, until, wall_clock};

/// An application on the broker of all tests, with topics of its own.
struct Application {
    id: &'static str,
    _broker: Arc<Broker>,
    client: TestClient,
}

/// What an application reported, by the names of the events.
type Reported = Arc<Mutex<Vec<(String, String)>>>;

impl Application {
    fn new(id: &'static str) -> Self {
        let broker = Broker::shared();
        let client = TestClient::on(broker.bootstrap());
        client.create(&[&format!("{id}-words"), &format!("{id}-counts")]);
        Self { id, _broker: broker, client }
    }

    fn config(&self) -> StreamsConfig {
        StreamsConfig {
            events: EventSettings { lines: false, ..EventSettings::default() },
            session_timeout: Duration::from_secs(6),
            ..StreamsConfig::new(self.id)
        }
    }

    /// A topology that reads the topic `words`.
    fn reading(&self, words: &str, rest: impl FnOnce(KStream<Option<String>, String>, String)) -> Topology {
        let builder = StreamsBuilder::new();
        rest(builder.stream(format!("{}-{words}", self.id)), format!("{}-counts", self.id));
        builder.build().unwrap()
    }

    /// Counts words in this store, by way of a repartition topic of the same name.
    fn counting(&self, store: &str) -> Topology {
        self.reading("words", |words, counts| {
            words.group_by(|_, word| word.clone()).count(store).to_stream().to(counts);
        })
    }

    fn start(&self, topology: Topology, config: StreamsConfig) -> (StreamsHandle, Reported) {
        let reported = Reported::default();
        let listener = Arc::clone(&reported);
        let streams = Streams::new(topology, config).with_log(self.client.log.clone());
        let streams = streams.with_listener(move |event| {
            listener.lock().unwrap().push((event.kind.name().to_owned(), event.message()));
        });
        (streams.start().unwrap(), reported)
    }

    /// Starts it, waits until it has written these counts, and closes it. Returns its events.
    fn run(&self, topology: Topology, config: StreamsConfig, counts: &BTreeMap<&str, i64>) -> Vec<(String, String)> {
        let (streams, reported) = self.start(topology, config);
        assert_eq!(streams.wait_until(State::Running, PATIENCE), State::Running, "{:?}", streams.failure());
        let reader = Reader::start(&self.client.log, &format!("{}-counts", self.id));
        until("the counts are right", || {
            let latest = reader.latest::<i64>();
            counts.iter().all(|(word, count)| latest.get(*word) == Some(count)).then_some(())
        });
        streams.close_blocking(PATIENCE).unwrap();
        reported.lock().unwrap().clone()
    }

    /// Starts it and checks that it fails. Checks that it has written nothing to the broker. Returns the failure.
    fn refused(&self, topology: Topology, expected: &[&str]) -> Failure {
        let before = self.everything();
        let (streams, reported) = self.start(topology, self.config());
        assert_eq!(streams.wait_until(State::Error, PATIENCE), State::Error);
        let failure = streams.failure().unwrap();
        let text = failure.to_string();
        expected.iter().for_each(|part| assert!(text.contains(part), "{part:?} is not in: {text}"));
        let failures = reported.lock().unwrap().iter().filter(|(name, _)| name == "application_failed").count();
        assert_eq!(failures, 1);
        assert_eq!(self.everything(), before);
        failure
    }

    /// The topics whose names begin with the application's id, with the ends of their first partitions.
    fn everything(&self) -> Vec<(Topic, u32, Vec<i64>)> {
        let AdminResponse::TopicsNamed(mut topics) =
            self.client.ask(AdminRequest::TopicsNamed(format!("{}-", self.id)))
        else {
            panic!("the response to another request");
        };
        topics.sort();
        let ends = |topic: &Topic| self.client.ends(topic.as_str()).iter().map(|end| end.number()).collect();
        topics.into_iter().map(|(topic, partitions)| (topic.clone(), partitions, ends(&topic))).collect()
    }

    fn write(&self, topic: &str, words: &[&str]) {
        let (mut writer, topic) = (Writer::new(&self.client.log), Topic::from(format!("{}-{topic}", self.id)));
        for (number, word) in (0_u32..).zip(words) {
            writer.put(&topic, Partition::new(number % PARTITIONS), wall_clock(), Some(word), word);
        }
        writer.settle();
    }
}

/// The messages of the events with this name.
fn of<'a>(reported: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    reported.iter().filter(|(event, _)| event == name).map(|(_, message)| message.as_str()).collect()
}

#[test]
fn a_renamed_store_is_refused_until_it_is_called_a_new_one() {
    let application = Application::new("renamed");
    application.write("words", &["a", "b", "a"]);
    let reported = application.run(application.counting("old"), application.config(), &[("a", 2), ("b", 1)].into());
    assert_eq!(of(&reported, "topic_created").len(), 2);
    let expected = ["store `new` would begin empty", "`renamed-old-changelog` is left", "name it in `new_stores`"];
    application.refused(application.counting("new"), &expected);

    application.write("words", &["a"]);
    application.run(application.counting("old"), application.config(), &[("a", 3)].into());
    let config = StreamsConfig { new_stores: BTreeSet::from(["new".to_owned()]), ..application.config() };
    application.write("words", &["b"]);
    let reported = application.run(application.counting("new"), config, &[("a", 3), ("b", 1)].into());
    assert_eq!(of(&reported, "store_begins_empty").len(), 1);
    assert!(
        of(&reported, "topics_left_over")[0].contains("renamed-old-changelog, renamed-old-repartition"),
        "{reported:?}"
    );
}

#[test]
fn unread_records_of_a_renamed_repartition_are_processed_by_the_old_topology_first() {
    let application = Application::new("unread");
    let topology = |name: &'static str| {
        application.reading("words", |words, counts| {
            let words = words.select_key(|_, word| word.clone()).repartition(name);
            words.group_by_key().count("counts").to_stream().to(counts);
        })
    };
    application.write("words", &["a", "b", "a"]);
    application.run(topology("old"), application.config(), &[("a", 2), ("b", 1)].into());
    application.write("old-repartition", &["c", "d"]);
    let expected =
        ["2 unprocessed records of `unread-old-repartition` would be lost", "run the earlier topology until"];
    application.refused(topology("new"), &expected);

    // Words in the wrong partitions are counted too, each in its partition.
    application.run(topology("old"), application.config(), &[("c", 1), ("d", 1)].into());
    application.write("words", &["a"]);
    application.run(topology("new"), application.config(), &[("a", 3)].into());
}

#[test]
fn other_partition_counts_are_refused_with_both_topics_and_both_counts() {
    let application = Application::new("counted");
    application.write("words", &["a", "b", "a"]);
    application.run(application.counting("counts"), application.config(), &[("a", 2)].into());
    application.client.create_with("counted-more-words", PARTITIONS + 2);
    let topology = application.reading("more-words", |words, counts| {
        words.group_by(|_, word| word.clone()).count("counts").to_stream().to(counts);
    });
    let expected = [
        "`counted-counts-repartition` has 4, but needs 6, as many as `counted-more-words` has",
        "`counted-counts-changelog` has 4, but needs 6",
        "Give the topics back their partitions, or reset the application",
    ];
    application.refused(topology, &expected);
}

#[test]
fn a_changelog_of_other_types_is_refused_at_its_first_record() {
    let application = Application::new("typed");
    application.write("words", &["a", "b", "a"]);
    application.run(application.counting("counts"), application.config(), &[("a", 2), ("b", 1)].into());
    let lengths = application.reading("words", |words, _| {
        words.group_by(|_, word| word.len() as i64).count("counts");
    });
    let expected = [
        "store `counts` cannot be restored from typed-counts-changelog-",
        "the record at offset 0 was not written for a KeyValueStore<i64, i64>",
        "Give the store back the types and serdes",
    ];
    let failure = application.refused(lengths, &expected);
    assert_eq!(failure.origin.unwrap().topic.as_str(), "typed-counts-changelog");
    application.write("words", &["a"]);
    application.run(application.counting("counts"), application.config(), &[("a", 3), ("b", 1)].into());
}

#[test]
fn other_numbers_of_sub_topologies_change_nothing() {
    let application = Application::new("numbered");
    application.client.create(&["numbered-letters"]);
    let both = |letters_first: bool| {
        let builder = StreamsBuilder::new();
        let letters = |builder: &StreamsBuilder| {
            let letters = builder.stream::<Option<String>, String>("numbered-letters");
            letters.group_by(|_, letter| letter.clone()).count("letters");
        };
        if letters_first {
            letters(&builder);
        }
        let words = builder.stream::<Option<String>, String>("numbered-words");
        words.group_by(|_, word| word.clone()).count("counts").to_stream().to("numbered-counts");
        if !letters_first {
            letters(&builder);
        }
        builder.build().unwrap()
    };
    application.write("words", &["a", "b", "a"]);
    application.run(both(true), application.config(), &[("a", 2), ("b", 1)].into());
    application.write("words", &["a"]);
    application.run(both(false), application.config(), &[("a", 3), ("b", 1)].into());
}

#[test]
fn a_changelog_that_deletes_is_refused() {
    let application = Application::new("cleaned");
    application.client.create(&["cleaned-counts-changelog"]);
    let expected = ["`cleaned-counts-changelog` has `cleanup.policy` set to `delete`, which loses records"];
    application.refused(application.counting("counts"), &expected);
}

#[test]
fn records_older_than_their_topic_keeps_them_are_warned_of() {
    let application = Application::new("aged");
    let week = [("retention.ms".to_owned(), "604800000".to_owned())].into();
    let topic = NewTopic { name: "aged-archive".into(), partitions: PARTITIONS, config: week };
    let AdminResponse::CreateTopics(created) = application.client.ask(AdminRequest::CreateTopics(vec![topic])) else {
        panic!("the response to another request");
    };
    assert_eq!(created[0].1, Ok(()));
    let topology = application.reading("words", |words, counts| {
        words.to("aged-archive");
        words.group_by(|_, word| word.clone()).count("counts").to_stream().to(counts);
    });
    let (mut writer, words) = (Writer::new(&application.client.log), Topic::from("aged-words"));
    let month = Timestamp::from_millis(wall_clock().as_millis() - 30 * 24 * 60 * 60 * 1000);
    for word in ["a", "b", "a"] {
        writer.put(&words, Partition::new(0), month, None, word);
    }
    writer.settle();
    let reported = application.run(topology, application.config(), &[("a", 2), ("b", 1)].into());
    let expected = "A record for topic aged-archive is 30.0 days old, and the topic keeps records for only 7.0 days \
                    (retention.ms), so the log will delete it without an error. Raise retention.ms of aged-archive, or set \
                    it to -1.";
    assert_eq!(of(&reported, "records_too_old"), [expected]);
}
