//! The results of each query, compared with a straightforward computation over the same events.

use std::collections::{BTreeMap, BTreeSet};

use millstream_core::StreamsBuilder;
use millstream_log::in_process::{InProcessLog, StoredRecord};
use millstream_nexmark::event::{Auction, Bid, Event, Person};
use millstream_nexmark::generator::Generator;
use millstream_nexmark::queries::{
    AuctionStatistics, Calculated, HotItems, LastPrices, Query, RESULTS, Sink, Statistics, TopBids, Winning, WithSide,
    day_of,
};
use millstream_nexmark::run::{Place, feed, run};
use millstream_types::Data;

const EVENTS: u64 = 6_000;

/// Five events a millisecond would end after a second; these last for two minutes, so that there are windows.
const GENERATOR: Generator = Generator { seed: 7, events_per_second: 50, out_of_order_ms: 0 };

fn events() -> impl Iterator<Item = Event> {
    (0..EVENTS).map(|number| GENERATOR.event(number))
}

fn bids() -> Vec<Bid> {
    events().filter_map(|event| if let Event::Bid(bid) = event { Some(bid) } else { None }).collect()
}

fn auctions() -> Vec<Auction> {
    events().filter_map(|event| if let Event::Auction(auction) = event { Some(auction) } else { None }).collect()
}

fn persons() -> Vec<Person> {
    events().filter_map(|event| if let Event::Person(person) = event { Some(person) } else { None }).collect()
}

fn results(query: Query) -> Vec<StoredRecord> {
    let log = InProcessLog::new();
    feed(&log, &GENERATOR, EVENTS);
    run(query, Place::Memory, &log, Sink::Topic(RESULTS));
    log.records(RESULTS).expect("the topic is there")
}

fn decoded<T: Data>(bytes: Option<&Vec<u8>>) -> T {
    T::decode(bytes.expect("it is not null")).expect("it is what the query writes")
}

fn values<V: Data>(query: Query) -> Vec<V> {
    results(query).iter().map(|record| decoded(record.value.as_ref())).collect()
}

fn pairs<K: Data, V: Data>(query: Query) -> Vec<(K, V)> {
    results(query).iter().map(|record| (decoded(record.key.as_ref()), decoded(record.value.as_ref()))).collect()
}

/// Values by key and window start, which are the bytes of a windowed key.
fn in_windows<V: Data>(query: Query) -> Vec<((i64, i64), V)> {
    let number = |bytes: &[u8]| i64::decode(bytes).expect("a number");
    let rows = results(query).into_iter().map(|record| {
        let key = record.key.as_deref().expect("no key is null");
        ((number(&key[..8]), number(&key[8..])), decoded(record.value.as_ref()))
    });
    rows.collect()
}

/// The last value of each key that was not deleted.
fn table<K: Data + Ord, V: Data>(query: Query) -> BTreeMap<K, V> {
    let mut rows = BTreeMap::new();
    for record in results(query) {
        let key: K = decoded(record.key.as_ref());
        match &record.value {
            Some(_) => _ = rows.insert(key, decoded(record.value.as_ref())),
            None => _ = rows.remove(&key),
        }
    }
    rows
}

fn euros(bid: Bid) -> Bid {
    Bid { price: bid.price * 908 / 1_000, ..bid }
}

#[test]
fn q0_passes_every_bid_on() {
    assert_eq!(values::<Bid>(Query::Q0), bids());
}

#[test]
fn q1_changes_the_currency() {
    assert_eq!(values::<Bid>(Query::Q1), bids().into_iter().map(euros).collect::<Vec<_>>());
}

#[test]
fn q2_selects_some_auctions() {
    let expected: Vec<(i64, i64)> =
        bids().iter().filter(|bid| bid.auction % 123 == 0).map(|bid| (bid.auction, bid.price)).collect();
    assert!(!expected.is_empty());
    assert_eq!(pairs::<i64, i64>(Query::Q2), expected);
}

#[test]
fn q3_names_local_sellers() {
    let persons: BTreeMap<i64, Person> = persons().into_iter().map(|person| (person.id, person)).collect();
    let mut expected = BTreeMap::new();
    for auction in auctions().into_iter().filter(|auction| auction.category == 10) {
        if let Some(person) = persons.get(&auction.seller)
            && ["OR", "ID", "CA"].contains(&person.state.as_str())
        {
            expected.insert(auction.id, format!("{}, {}, {}", person.name, person.city, person.state));
        }
    }
    assert!(expected.len() > 10);
    assert_eq!(table::<i64, String>(Query::Q3), expected);
}

fn winning() -> BTreeMap<i64, Winning> {
    let (bids, mut winning) = (bids(), BTreeMap::new());
    for auction in auctions() {
        let of_auction = bids.iter().filter(|bid| bid.auction == auction.id);
        if let Some(best) = of_auction.filter_map(|bid| Winning::new(bid, &auction)).reduce(Winning::or_higher) {
            winning.insert(auction.id, best);
        }
    }
    assert!(winning.len() > 50, "{}", winning.len());
    winning
}

#[test]
fn q4_has_the_mean_price_of_each_category() {
    let mut prices = BTreeMap::<i64, Vec<i64>>::new();
    winning().values().for_each(|best| prices.entry(best.category).or_default().push(best.price));
    let means =
        prices.into_iter().map(|(category, prices)| (category, prices.iter().sum::<i64>() / prices.len() as i64));
    assert_eq!(table::<i64, i64>(Query::Q4), means.collect());
}

#[test]
fn q5_finds_the_hot_items_of_closed_windows() {
    let last = bids().last().map_or(0, |bid| bid.date_time);
    let mut counts = BTreeMap::<(i64, i64), i64>::new();
    for bid in bids() {
        let newest = bid.date_time / 2_000 * 2_000;
        let starts = (0..5).map(|back| newest - back * 2_000).filter(|start| start + 10_000 <= last);
        starts.for_each(|start| *counts.entry((start, bid.auction)).or_default() += 1);
    }
    let mut hot = BTreeMap::<i64, HotItems>::new();
    for ((start, auction), count) in counts {
        let items = hot.remove(&start).unwrap_or_default();
        hot.insert(start, items.with(auction, count));
    }
    assert!(hot.len() > 10);
    assert_eq!(table::<i64, HotItems>(Query::Q5), hot);
}

#[test]
fn q6_has_the_mean_of_the_last_prices_of_each_seller() {
    let mut last = BTreeMap::<i64, LastPrices>::new();
    for best in winning().values() {
        let prices = last.remove(&best.seller).unwrap_or_default();
        last.insert(best.seller, prices.with(best));
    }
    let means: BTreeMap<i64, i64> = last.iter().map(|(seller, prices)| (*seller, prices.mean())).collect();
    assert_eq!(table::<i64, i64>(Query::Q6), means);
}

#[test]
fn q7_finds_the_highest_bids_of_closed_windows() {
    let last = bids().last().map_or(0, |bid| bid.date_time);
    let mut windows = BTreeMap::<i64, Vec<Bid>>::new();
    bids().into_iter().for_each(|bid| windows.entry(bid.date_time / 10_000 * 10_000).or_default().push(bid));
    windows.retain(|start, _| start + 10_000 <= last);
    let highest = windows.into_iter().map(|(start, bids)| {
        let most = bids.iter().map(|bid| bid.price).max();
        let best = bids.iter().filter(|bid| Some(bid.price) == most);
        (start, best.fold(TopBids::default(), |top, bid| top.with(bid)))
    });
    let highest: BTreeMap<i64, TopBids> = highest.collect();
    assert!(highest.len() > 5);
    let found: Vec<((i64, i64), TopBids)> = in_windows(Query::Q7);
    assert_eq!(found.len(), highest.len(), "each window once");
    assert_eq!(found.into_iter().map(|((_all, start), top)| (start, top)).collect::<BTreeMap<_, _>>(), highest);
}

#[test]
fn q8_finds_new_users_that_sell() {
    let window = |time: i64| time / 10_000 * 10_000;
    let selling: BTreeSet<(i64, i64)> =
        auctions().iter().map(|auction| (auction.seller, window(auction.date_time))).collect();
    let expected = persons().into_iter().filter(|person| selling.contains(&(person.id, window(person.date_time))));
    let expected: BTreeMap<(i64, i64), String> =
        expected.map(|person| ((person.id, window(person.date_time)), person.name)).collect();
    assert!(!expected.is_empty());
    assert_eq!(in_windows::<String>(Query::Q8).into_iter().collect::<BTreeMap<_, _>>(), expected);
}

#[test]
fn q9_finds_the_winning_bids() {
    assert_eq!(table::<i64, Winning>(Query::Q9), winning());
}

#[test]
fn q11_counts_bids_in_sessions() {
    let mut expected = BTreeMap::<(i64, i64), i64>::new();
    let mut open = BTreeMap::<i64, (i64, i64)>::new();
    for bid in bids() {
        let session = open.entry(bid.bidder).or_insert((bid.date_time, bid.date_time));
        if bid.date_time - session.1 > 10_000 {
            session.0 = bid.date_time;
        }
        session.1 = bid.date_time;
        *expected.entry((bid.bidder, session.0)).or_default() += 1;
    }
    // The bytes of a session's key: the bidder, its end, its start.
    let mut found = BTreeMap::new();
    for record in results(Query::Q11) {
        let key = record.key.expect("no key is null");
        match record.value {
            Some(value) => _ = found.insert(key, i64::decode(&value).expect("a count")),
            None => _ = found.remove(&key),
        }
    }
    let number = |bytes: &[u8]| i64::decode(bytes).expect("a number");
    let found = found.into_iter().map(|(key, count)| ((number(&key[..8]), number(&key[16..])), count));
    assert_eq!(found.collect::<BTreeMap<_, _>>(), expected);
}

#[test]
fn q12_counts_every_bid_once() {
    let counts: BTreeMap<Vec<u8>, i64> = results(Query::Q12)
        .into_iter()
        .map(|record| (record.key.expect("no key is null"), decoded(record.value.as_ref())))
        .collect();
    assert_eq!(counts.values().sum::<i64>(), bids().len() as i64);
}

#[test]
fn q13_adds_the_side_input() {
    let expected = bids().into_iter().map(|bid| WithSide { value: format!("value-{}", bid.auction % 10_000), bid });
    assert_eq!(values::<WithSide>(Query::Q13), expected.collect::<Vec<_>>());
}

#[test]
fn q14_calculates() {
    let expected: Vec<(i64, i64, u64)> = bids()
        .into_iter()
        .map(euros)
        .filter(|bid| bid.price >= 1_000_000 && bid.price < 50_000_000)
        .map(|bid| (bid.auction, bid.price, bid.extra.matches('c').count() as u64))
        .collect();
    let found = values::<Calculated>(Query::Q14);
    assert!(found.iter().all(|row| row.time_of_day == "night"), "the events are at half past ten at night");
    assert_eq!(found.iter().map(|row| (row.auction, row.price, row.letters)).collect::<Vec<_>>(), expected);
}

fn statistics(bids: &[&Bid]) -> Statistics {
    let in_rank = |bid: &&&Bid, rank: usize| match rank {
        0 => true,
        1 => bid.price < 10_000,
        2 => (10_000..1_000_000).contains(&bid.price),
        _ => bid.price >= 1_000_000,
    };
    let of = |rank: usize| bids.iter().filter(move |bid| in_rank(bid, rank));
    let different =
        |rank: usize, id: fn(&Bid) -> i64| of(rank).map(|bid| id(bid)).collect::<BTreeSet<_>>().len() as u64;
    Statistics {
        bids: [0, 1, 2, 3].map(|rank| of(rank).count() as u64),
        bidders: [0, 1, 2, 3].map(|rank| different(rank, |bid| bid.bidder)),
        auctions: [0, 1, 2, 3].map(|rank| different(rank, |bid| bid.auction)),
        last_minute: bids.iter().map(|bid| bid.date_time / 60_000 % 1_440).max().unwrap_or(0),
    }
}

fn statistics_by(group: impl Fn(&Bid) -> String) -> BTreeMap<String, Statistics> {
    let bids = bids();
    let mut groups = BTreeMap::<String, Vec<&Bid>>::new();
    bids.iter().for_each(|bid| groups.entry(group(bid)).or_default().push(bid));
    groups.into_iter().map(|(group, bids)| (group, statistics(&bids))).collect()
}

#[test]
fn q15_has_the_statistics_of_days() {
    assert_eq!(table::<String, Statistics>(Query::Q15), statistics_by(|bid| day_of(bid.date_time)));
}

#[test]
fn q16_has_the_statistics_of_channels() {
    let group = |bid: &Bid| format!("{}, {}", bid.channel, day_of(bid.date_time));
    assert_eq!(table::<String, Statistics>(Query::Q16), statistics_by(group));
}

#[test]
fn q17_has_the_statistics_of_auctions() {
    let mut expected = BTreeMap::<(i64, String), AuctionStatistics>::new();
    let mut prices = BTreeMap::<(i64, String), Vec<i64>>::new();
    bids().iter().for_each(|bid| prices.entry((bid.auction, day_of(bid.date_time))).or_default().push(bid.price));
    for (key, prices) in prices {
        let count = |low: i64, high: i64| prices.iter().filter(|price| (low..high).contains(*price)).count() as u64;
        let sum = prices.iter().sum::<i64>();
        let statistics = AuctionStatistics {
            bids: [prices.len() as u64, count(0, 10_000), count(10_000, 1_000_000), count(1_000_000, i64::MAX)],
            min: prices.iter().copied().min().unwrap_or(0),
            max: prices.iter().copied().max().unwrap_or(0),
            sum,
            mean: sum / prices.len() as i64,
        };
        expected.insert(key, statistics);
    }
    assert_eq!(table::<(i64, String), AuctionStatistics>(Query::Q17), expected);
}

#[test]
fn q18_keeps_the_last_bids() {
    let expected: BTreeMap<(i64, i64), Bid> = bids().into_iter().map(|bid| ((bid.bidder, bid.auction), bid)).collect();
    assert_eq!(table::<(i64, i64), Bid>(Query::Q18), expected);
}

#[test]
fn q19_keeps_the_ten_highest_bids() {
    let mut of_auctions = BTreeMap::<i64, Vec<(i64, i64, i64)>>::new();
    bids()
        .iter()
        .for_each(|bid| of_auctions.entry(bid.auction).or_default().push((bid.price, bid.bidder, bid.date_time)));
    let expected = of_auctions.into_iter().map(|(auction, mut bids)| {
        bids.sort_by_key(|(price, _, _)| std::cmp::Reverse(*price));
        bids.truncate(10);
        (auction, TopBids { bids })
    });
    assert_eq!(table::<i64, TopBids>(Query::Q19), expected.collect());
}

#[test]
fn q20_adds_the_auction() {
    let auctions = auctions();
    let mut expected = Vec::new();
    for bid in bids() {
        let of_bid = auctions.iter().filter(|auction| auction.id == bid.auction && auction.category == 10);
        let close = of_bid.filter(|auction| (auction.date_time - bid.date_time).abs() <= 10_000);
        expected.extend(close.map(|auction| (auction.id, bid.date_time, bid.price)));
    }
    let found: Vec<(i64, (Bid, Auction))> = pairs(Query::Q20);
    let mut found: Vec<_> = found.iter().map(|(id, (bid, _))| (*id, bid.date_time, bid.price)).collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert!(expected.len() > 100);
    assert_eq!(found, expected);
}

#[test]
fn q21_finds_channels() {
    let mut expected = Vec::new();
    for bid in bids() {
        let hot = ["Apple", "Google", "Facebook", "Baidu"].iter().position(|channel| *channel == bid.channel);
        let own = bid.url.find("channel_id=").map(|place| bid.url[place + 11..].to_owned());
        expected.extend(hot.map(|number| number.to_string()).or(own).map(|channel| (bid.auction, channel)));
    }
    assert_eq!(pairs::<i64, String>(Query::Q21), expected);
}

#[test]
fn q22_divides_pages() {
    let directories = |bid: &Bid| bid.url.split('/').skip(3).take(3).collect::<Vec<_>>().join(",");
    let expected: Vec<(i64, String)> = bids().iter().map(|bid| (bid.auction, directories(bid))).collect();
    assert_eq!(pairs::<i64, String>(Query::Q22), expected);
}

#[test]
fn every_query_can_be_described_and_discards_its_results() {
    use clap::ValueEnum as _;
    for query in Query::value_variants() {
        let builder = StreamsBuilder::new();
        query.add(&builder, Sink::Discard);
        let topology = builder.build().expect("the topology is sound").describe().to_string();
        assert!(!topology.contains(&format!("topic: {RESULTS}")), "{topology}");
    }
}
