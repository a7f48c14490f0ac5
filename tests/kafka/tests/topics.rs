//! Joined topics are read by the same tasks. Topics that do not match or are missing are named, and no application waits for
//! ever.
#![allow(clippy::disallowed_methods, reason = "a test of the real thing, in real time")]

use std::time::{Duration, Instant};

use millstream::{Partition, Timestamp, Topic};
use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::member::{Member, Options};
use millstream_kafka_tests::reader::Reader;
use millstream_kafka_tests::writer::Writer;
use millstream_kafka_tests::{Job, PARTITIONS, Scene, until};

/// The time within which an application must end, also on a busy machine.
const SOON: Duration = Duration::from_secs(60);

const CUSTOMERS: u32 = 200;

/// The shop: rates of customers, and their orders.
struct Shop {
    scene: Scene,
    writer: Writer,
    reader: Reader,
    /// Advances with each record, since a rate is joined with later orders.
    time: i64,
    orders: u64,
}

impl Shop {
    fn put(&mut self, topic: &str, customer: u32, value: &str) {
        self.time += 1;
        let (topic, key) = (Topic::from(self.scene.topic(topic)), format!("customer{customer}"));
        let at = Timestamp::from_millis(1_700_000_000_000 + self.time);
        self.writer.put(&topic, Partition::new(customer % PARTITIONS), at, Some(&key), value);
    }

    /// Each customer gets a new rate and orders something. Each order must be joined with the new rate, and once.
    fn trade(&mut self, rate: &str) {
        (0..CUSTOMERS).for_each(|customer| self.put("rates", customer, rate));
        self.writer.settle();
        let first = self.orders;
        for customer in 0..CUSTOMERS {
            let order = format!("order{}", self.orders);
            self.put("orders", customer, &order);
            self.orders += 1;
        }
        self.writer.settle();
        until("all orders are priced", || (self.reader.rows().len() as u64 >= self.orders).then_some(()));
        let rows = self.reader.rows();
        for order in first..self.orders {
            let row = &rows[&format!("order{order}")];
            assert_eq!((row.value.as_slice(), row.records), (rate.as_bytes(), 1), "order {order}");
        }
    }
}

/// Checks that each task reads the same partition of both topics.
fn check_pairs(scene: &Scene, member: &Member) {
    for (task, partitions) in member.tasks() {
        let number = task.strip_prefix("0_").expect("there is one sub-topology");
        let expected = ["orders", "rates"].map(|topic| format!("{}-{number}", scene.topic(topic)));
        assert_eq!(partitions, expected.into(), "task {task} of {}", member.label());
    }
}

#[test]
fn joined_partitions_stay_in_one_member_through_rebalances() {
    let scene = Scene::new(Broker::shared(), "shop", Job::Join);
    let (writer, reader) = (Writer::new(&scene.client.log), scene.read());
    let mut shop = Shop { scene, writer, reader, time: 0, orders: 0 };
    let [first, second] = shop.scene.sharing(["first", "second"]);
    shop.trade("cheap");
    let third = shop.scene.member("third").start();
    for (members, rate) in [(vec![&first, &second, &third], "dear"), (vec![&first, &second, &third], "fair")] {
        shop.scene.await_sharing(&members);
        members.iter().for_each(|member| check_pairs(&shop.scene, member));
        shop.trade(rate);
    }
    first.close();
    shop.scene.await_sharing(&[&second, &third]);
    check_pairs(&shop.scene, &second);
    shop.trade("steep");
    second.close();
    shop.scene.await_sharing(&[&third]);
    check_pairs(&shop.scene, &third);
    shop.trade("free");
    third.close();
}

/// Checks that the application ends by itself with a failure that contains these texts.
fn check_refusal(options: &Options, expected: &[&str]) {
    let begin = Instant::now();
    let mut member = options.start();
    let status = member.await_end();
    assert!(begin.elapsed() < SOON, "it took {:?}", begin.elapsed());
    assert!(!status.success());
    let said = member.latest_output();
    assert!(expected.iter().all(|text| said.contains(text)), "{said}");
    let failed = member.events().into_iter().find(|event| event.name() == "application_failed");
    let message = failed.expect("it tells that it failed").message().to_owned();
    assert!(expected.iter().all(|text| message.contains(text)), "{message}");
}

#[test]
fn joined_topics_of_different_counts_are_refused_by_name() {
    let scene = Scene::bare(Broker::shared(), "uneven", Job::Join);
    scene.client.create_with("uneven-orders", 4);
    scene.client.create_with("uneven-rates", 3);
    scene.client.create(&["uneven-results"]);
    let expected = ["`uneven-orders` (4 partitions)", "`uneven-rates` (3 partitions)", "repartition()"];
    check_refusal(&scene.member("alone"), &expected);
}

#[test]
fn a_missing_source_topic_is_named() {
    let scene = Scene::bare(Broker::shared(), "missing-source", Job::Ledger);
    scene.client.create(&["missing-source-results"]);
    check_refusal(&scene.member("alone"), &["`missing-source-lines`", "create them"]);
}

#[test]
fn a_missing_output_topic_is_named() {
    let scene = Scene::bare(Broker::shared(), "missing-output", Job::Ledger);
    scene.client.create(&["missing-output-lines"]);
    let _truth = scene.feed_at_once(0..100);
    check_refusal(&scene.member("alone"), &["`missing-output-results`"]);
}

#[test]
fn a_wrong_address_is_told_and_holds_nobody() {
    let mut member = Options::new("alone", Job::Ledger, "127.0.0.1:1", "nowhere").start();
    let reported = member.await_event(0, "there is no broker", |event| event.name() == "log_unavailable");
    assert!(reported.message().contains("127.0.0.1:1"), "{}", reported.message());
    let begin = Instant::now();
    member.close();
    assert!(begin.elapsed() < SOON, "closing took {:?}", begin.elapsed());
}
