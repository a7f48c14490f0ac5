//! The generator: each event is a function of the seed and its number.
//!
//! Shares, sizes, hot keys and prices are those of the reference generator. Of 50 events one is a person, three are auctions and 46 are
//! bids. Half of the bids go to the latest hundredth auction, three quarters of sellers and bidders are a hot person.

use crate::event::{Auction, Bid, Event, Person};

const EVENTS_PER_EPOCH: u64 = 50;
const AUCTIONS_PER_EPOCH: i64 = 3;
const FIRST_ID: i64 = 1_000;
const FIRST_CATEGORY: i64 = 10;
const CATEGORIES: u64 = 5;
const ACTIVE_PEOPLE: i64 = 1_000;
const AUCTIONS_IN_FLIGHT: i64 = 100;
const HOT_EVERY: i64 = 100;
/// So far ahead of the last one can ids be that events refer to.
const LEAD: i64 = 10;
const BEGIN_MS: i64 = 1_700_000_000_000;

const STATES: [&str; 6] = ["AZ", "CA", "ID", "OR", "WA", "WY"];
const CITIES: [&str; 10] =
    ["Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland", "Bend", "Redmond", "Seattle", "Kent", "Cheyenne"];
const FIRST_NAMES: [&str; 11] =
    ["Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter"];
const LAST_NAMES: [&str; 9] = ["Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"];
const HOT_CHANNELS: [&str; 4] = ["Google", "Facebook", "Baidu", "Apple"];
const CHANNELS: u64 = 10_000;

/// What is generated.
#[derive(Clone, Copy, Debug)]
pub struct Generator {
    /// Other seeds give other events.
    pub seed: u64,
    /// How much event time passes between two events.
    pub events_per_second: u64,
    /// By how much an event may be earlier than those before it.
    pub out_of_order_ms: u64,
}

impl Default for Generator {
    fn default() -> Self {
        Self { seed: 1, events_per_second: 100_000, out_of_order_ms: 0 }
    }
}

impl Generator {
    /// The event with this number.
    ///
    /// # Examples
    /// ```
    /// use millstream_nexmark::event::Event;
    /// use millstream_nexmark::generator::Generator;
    ///
    /// let generator = Generator::default();
    /// assert!(matches!(generator.event(0), Event::Person(person) if person.id == 1_000));
    /// assert!(matches!(generator.event(4), Event::Bid(_)));
    /// assert_eq!(generator.event(7), generator.event(7));
    /// ```
    #[must_use]
    pub fn event(&self, number: u64) -> Event {
        let mut random = Random(mix(self.seed ^ mix(number)));
        match number % EVENTS_PER_EPOCH {
            0 => Event::Person(self.person(number, &mut random)),
            1..=3 => Event::Auction(self.auction(number, &mut random)),
            _ => Event::Bid(self.bid(number, &mut random)),
        }
    }

    /// The time of an event, in milliseconds.
    #[must_use]
    pub fn time(&self, number: u64) -> i64 {
        let earlier = if self.out_of_order_ms == 0 {
            0
        } else {
            mix(self.seed.wrapping_add(number)) % (self.out_of_order_ms + 1)
        };
        BEGIN_MS + (number * 1_000 / self.events_per_second) as i64 - earlier as i64
    }

    fn person(&self, number: u64, random: &mut Random) -> Person {
        let (first, last) = (random.one_of(&FIRST_NAMES), random.one_of(&LAST_NAMES));
        let digits = |random: &mut Random| format!("{:04}", random.below(10_000));
        Person {
            id: FIRST_ID + last_person(number),
            name: format!("{first} {last}"),
            email: format!("{}@{}.com", random.text(7), random.text(5)),
            credit_card: [(); 4].map(|()| digits(random)).join(" "),
            city: random.one_of(&CITIES).to_owned(),
            state: random.one_of(&STATES).to_owned(),
            date_time: self.time(number),
            extra: random.filling(200, 100),
        }
    }

    fn auction(&self, number: u64, random: &mut Random) -> Auction {
        let date_time = self.time(number);
        let initial_bid = random.price();
        let horizon_events = AUCTIONS_IN_FLIGHT as u64 * EVENTS_PER_EPOCH / AUCTIONS_PER_EPOCH as u64;
        let horizon_ms = horizon_events * 1_000 / self.events_per_second;
        let is_hot = random.below(4) > 0;
        Auction {
            id: FIRST_ID + last_auction(number),
            item_name: random.text(20),
            description: random.text(100),
            initial_bid,
            reserve: initial_bid + random.price(),
            date_time,
            expires: date_time + 1 + random.below((horizon_ms * 2).max(1)) as i64,
            seller: FIRST_ID + if is_hot { hot(last_person(number)) } else { active_person(number, random) },
            category: FIRST_CATEGORY + random.below(CATEGORIES) as i64,
            extra: random.filling(500, 200),
        }
    }

    fn bid(&self, number: u64, random: &mut Random) -> Bid {
        let last = last_auction(number);
        let auction = if random.below(2) > 0 { hot(last) } else { recent_auction(last, random) };
        let is_hot = random.below(4) > 0;
        let bidder = if is_hot { hot(last_person(number)) + 1 } else { active_person(number, random) };
        let (channel, url) = channel(random);
        Bid {
            auction: FIRST_ID + auction,
            bidder: FIRST_ID + bidder,
            price: random.price(),
            channel,
            url,
            date_time: self.time(number),
            extra: random.filling(100, 80),
        }
    }
}

/// The last person up to an event, counted from 0.
fn last_person(number: u64) -> i64 {
    (number / EVENTS_PER_EPOCH) as i64
}

/// The last auction up to an event, counted from 0.
fn last_auction(number: u64) -> i64 {
    let (epoch, offset) = ((number / EVENTS_PER_EPOCH) as i64, (number % EVENTS_PER_EPOCH) as i64);
    (epoch * AUCTIONS_PER_EPOCH + offset.min(AUCTIONS_PER_EPOCH) - 1).max(0)
}

fn hot(last: i64) -> i64 {
    last / HOT_EVERY * HOT_EVERY
}

fn active_person(number: u64, random: &mut Random) -> i64 {
    let last = last_person(number);
    let active = (last + 1).min(ACTIVE_PEOPLE);
    last + 1 - active + random.below((active + LEAD) as u64) as i64
}

fn recent_auction(last: i64, random: &mut Random) -> i64 {
    let first = (last - AUCTIONS_IN_FLIGHT).max(0);
    first + random.below((last - first + 1 + LEAD) as u64) as i64
}

fn channel(random: &mut Random) -> (String, String) {
    let directories = [random.text(5), random.text(5), random.text(5)].join("/");
    let url = format!("https://www.nexmark.com/{directories}/item.htm?query=1");
    if random.below(2) > 0 {
        return (random.one_of(&HOT_CHANNELS).to_owned(), url);
    }
    let number = random.below(CHANNELS);
    let has_id = !number.is_multiple_of(10);
    (format!("channel-{number}"), if has_id { format!("{url}&channel_id={number}") } else { url })
}

/// The finalizer of `SplitMix64`.
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Numbers that look random.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len() as u64) as usize]
    }

    /// Most prices are low: 10 to a power from 0 to 6, times 100.
    fn price(&mut self) -> i64 {
        let power = (self.next() >> 11) as f64 / (1_u64 << 53) as f64 * 6.0;
        (10_f64.powf(power) * 100.0).round() as i64
    }

    /// Lower-case letters.
    fn text(&mut self, length: usize) -> String {
        let mut text = String::with_capacity(length);
        let mut letters = 0;
        for place in 0..length {
            if place % 12 == 0 {
                letters = self.next();
            }
            text.push(char::from(b'a' + (letters % 26) as u8));
            letters /= 26;
        }
        text
    }

    /// Letters that fill an event up to about its mean size.
    fn filling(&mut self, mean: usize, present: usize) -> String {
        let missing = mean - present;
        let length = missing * 4 / 5 + self.below((missing * 2 / 5 + 1) as u64) as usize;
        self.text(length)
    }
}
