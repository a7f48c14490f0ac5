//! Random values, and the room they take.

use std::fmt::Debug;

use millstream_protocol::{Data, Message, Request, Uuid, Writer};

/// A source of random numbers (`SplitMix64`), the same for the same seed.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// A number of any size, and often one at a boundary.
    fn integer(&mut self) -> i128 {
        match self.below(6) {
            0 => 0,
            1 => -1,
            2 => i128::from(i64::MAX),
            3 => i128::from(i64::MIN),
            _ => i128::from(self.next() as i64 >> self.below(64)),
        }
    }
}

/// A type with random values.
pub(crate) trait Fill: Sized {
    /// A value that this version can carry.
    fn fill(random: &mut Random, version: i16) -> Self;

    /// How many bytes it has allocated.
    fn heap(&self) -> usize;
}

macro_rules! fill_integers {
    ($($integer:ty),*) => {
        $(impl Fill for $integer {
            fn fill(random: &mut Random, _version: i16) -> Self {
                random.integer() as Self
            }

            fn heap(&self) -> usize {
                0
            }
        })*
    };
}

fill_integers!(u8, i8, i16, u16, i32, i64);

impl Fill for bool {
    fn fill(random: &mut Random, _version: i16) -> Self {
        random.below(2) == 1
    }

    fn heap(&self) -> usize {
        0
    }
}

impl Fill for Uuid {
    fn fill(random: &mut Random, _version: i16) -> Self {
        Self(std::array::from_fn(|_| random.next() as u8))
    }

    fn heap(&self) -> usize {
        0
    }
}

impl Fill for String {
    fn fill(random: &mut Random, _version: i16) -> Self {
        let length = if random.below(40) == 0 { 200 } else { random.below(9) };
        (0..length).map(|_| ['a', 'Z', '.', '\0', 'ß', '語', '🦀'][random.below(7)]).collect()
    }

    fn heap(&self) -> usize {
        self.capacity()
    }
}

impl<T: Fill> Fill for Option<T> {
    fn fill(random: &mut Random, version: i16) -> Self {
        (random.below(3) > 0).then(|| T::fill(random, version))
    }

    fn heap(&self) -> usize {
        self.as_ref().map_or(0, Fill::heap)
    }
}

impl<T: Fill> Fill for Vec<T> {
    fn fill(random: &mut Random, version: i16) -> Self {
        (0..random.below(4)).map(|_| T::fill(random, version)).collect()
    }

    fn heap(&self) -> usize {
        self.capacity() * size_of::<T>() + self.iter().map(Fill::heap).sum::<usize>()
    }
}

/// A message with random values.
pub(crate) trait Filled: Message + Fill + Debug + PartialEq {}

impl<T: Message + Fill + Debug + PartialEq> Filled for T {}

/// What is done with every message.
pub(crate) trait Visit {
    fn message<M: Filled>(&mut self, version: i16);

    fn request<R: Request<Response: Filled> + Filled>(&mut self) {
        for version in R::OLDEST..=R::NEWEST {
            self.message::<R>(version);
            self.message::<R::Response>(version);
        }
    }

    fn data<D: Data + Filled>(&mut self) {
        (D::OLDEST..=D::NEWEST).for_each(|version| self.message::<D>(version));
    }
}

/// The message's bytes.
pub(crate) fn bytes_of<M: Filled>(message: &M, version: i16) -> Vec<u8> {
    let mut out = Writer::new();
    message.write(&mut out, version).unwrap_or_else(|error| panic!("{error} in {message:?}"));
    out.into_bytes()
}
