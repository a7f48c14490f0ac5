//! Damaged bytes: each is an error or some message, never a panic, and takes little room.

use millstream_protocol::Reader;

use super::fill::{Filled, Random, Visit, bytes_of};
use super::messages::visit_all;

/// How many times the room of its bytes a message takes at most. An array of empty strings takes 24 bytes of each, and
/// twice that while it grows.
const ROOM_MAX: usize = 64;

/// Lengths and counts as an enemy would choose them.
const EVIL: [&[u8]; 8] = [
    &[0xff, 0xff, 0xff, 0xff],
    &[0x7f, 0xff, 0xff, 0xff],
    &[0x80, 0x00, 0x00, 0x00],
    &[0xff, 0xff, 0xff, 0xff, 0x0f],
    &[0xff, 0xff, 0xff, 0xff, 0x7f],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    &[0x00],
    &[0x80, 0x80, 0x00],
];

/// Reads what may be a message. What can be read can be written, and is then the same.
fn read<M: Filled>(bytes: &[u8], version: i16) -> bool {
    let Ok(message) = M::read(&mut Reader::new(bytes), version) else { return false };
    assert!(message.heap() <= bytes.len() * ROOM_MAX, "{} of {} bytes", message.heap(), bytes.len());
    let again = bytes_of(&message, version);
    assert_eq!(M::read(&mut Reader::new(&again), version).as_ref(), Ok(&message), "version {version}");
    true
}

fn damaged(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut damaged = bytes.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(damaged.len() + 1);
        let until = (at + random.below(5)).min(damaged.len());
        match random.below(4) {
            0 => _ = damaged.splice(at..until, EVIL[random.below(EVIL.len())].iter().copied()),
            1 => _ = damaged.drain(at..until),
            2 => _ = damaged.splice(at..at, (0..random.below(9)).map(|_| random.next() as u8).collect::<Vec<_>>()),
            _ => damaged[at..until].iter_mut().for_each(|byte| *byte ^= 1 << random.below(8)),
        }
    }
    damaged
}

struct Truncations(Random);

impl Visit for Truncations {
    fn message<M: Filled>(&mut self, version: i16) {
        for _ in 0..5 {
            let bytes = bytes_of(&M::fill(&mut self.0, version), version);
            let step = bytes.len() / 300 + 1;
            for length in (0..bytes.len()).step_by(step) {
                assert!(!read::<M>(&bytes[..length], version), "{length} of {} bytes are enough", bytes.len());
            }
        }
    }
}

#[test]
fn a_message_that_is_cut_off_is_an_error() {
    visit_all(&mut Truncations(Random(7)));
}

struct Mutations {
    random: Random,
    errors: usize,
    messages: usize,
}

impl Visit for Mutations {
    fn message<M: Filled>(&mut self, version: i16) {
        for _ in 0..400 {
            let bytes = bytes_of(&M::fill(&mut self.random, version), version);
            let is_message = read::<M>(&damaged(&bytes, &mut self.random), version);
            *if is_message { &mut self.messages } else { &mut self.errors } += 1;
        }
    }
}

#[test]
fn a_damaged_message_is_an_error_or_another_message() {
    let mut visit = Mutations { random: Random(11), errors: 0, messages: 0 };
    visit_all(&mut visit);
    assert!(visit.errors > 1_000 && visit.messages > 1_000, "both happen often");
}

struct Noise(Random);

impl Visit for Noise {
    fn message<M: Filled>(&mut self, version: i16) {
        for _ in 0..200 {
            let length = self.0.below(200);
            let bytes: Vec<u8> = (0..length).map(|_| (self.0.next() >> self.0.below(64)) as u8).collect();
            read::<M>(&bytes, version);
        }
    }
}

#[test]
fn noise_is_an_error_or_a_message() {
    visit_all(&mut Noise(Random(13)));
}

/// Zeros are many empty elements where a count is before them.
struct Densest;

impl Visit for Densest {
    fn message<M: Filled>(&mut self, version: i16) {
        for at in 0..64 {
            for count in [&[0xff, 0x1f][..], &[0x81, 0x20], &[0x00, 0x00, 0x0f, 0xff]] {
                let mut bytes = vec![0; 4_200];
                bytes[at..at + count.len()].copy_from_slice(count);
                read::<M>(&bytes, version);
            }
        }
    }
}

#[test]
fn many_empty_elements_take_little_room() {
    visit_all(&mut Densest);
}
