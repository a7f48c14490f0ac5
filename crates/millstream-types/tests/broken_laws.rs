//! The checks detect each way of breaking a law, and name it.

use std::fmt::Debug;
use std::hash::Hasher;
use std::panic::{AssertUnwindSafe, catch_unwind};

use millstream_types::serde::laws;
use millstream_types::{Data, SerdeError};

/// A number whose serde has the fault that `FAULT` names.
#[derive(Clone, Debug, PartialEq)]
struct Faulty<const FAULT: char>(u8);

impl<const FAULT: char> Data for Faulty<FAULT> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        match FAULT {
            'w' => return Err(SerdeError::unwritable("Faulty", "on purpose")),
            'a' if self.0 == 200 => return Err(SerdeError::unwritable("Faulty", "on purpose")),
            'o' => out.clear(),
            _ => {}
        }
        out.push(if FAULT == 'e' { 0 } else { self.0 });
        Ok(())
    }

    fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
        let number = match FAULT {
            'p' => bytes[0],
            'r' => return Err(SerdeError::length("Faulty", 2, bytes)),
            'd' => u8::decode(bytes)?.wrapping_add(1),
            _ => u8::decode(bytes)?,
        };
        Ok(Self(number))
    }

    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        // A hash of the address: equal values get different hashes.
        hasher.write_usize(if FAULT == 'h' { std::ptr::from_ref(self).addr() } else { usize::from(self.0) });
    }

    fn same_key(&self, other: &Self) -> bool {
        FAULT == 's' || self == other
    }

    fn null() -> Option<Self> {
        (FAULT == 'n').then_some(Self(1))
    }
}

/// All values are equal, but their bytes differ.
#[derive(Clone, Debug)]
struct AllEqual(u8);

impl PartialEq for AllEqual {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl Data for AllEqual {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        self.0.encode(out)
    }

    fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
        u8::decode(bytes).map(Self)
    }
}

fn broken_law<T: Data + PartialEq + Debug>(values: &[T]) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| laws::check(values))).expect_err("the fault was not found");
    panic.downcast_ref::<String>().cloned().expect("the checks panic with a formatted message")
}

#[test]
fn each_fault_is_found_and_named_with_the_values() {
    let cases = [
        (broken_law(&[Faulty::<'w'>(7)]), "every value can be written\n  value: Faulty(7)"),
        (broken_law(&[Faulty::<'r'>(7)]), "what was written can be read\n  written: Faulty(7)"),
        (broken_law(&[Faulty::<'d'>(7)]), "gives an equal value\n  written: Faulty(7)\n  read: Faulty(8)"),
        (
            broken_law(&[Faulty::<'o'>(7)]),
            "writing appends to the buffer, the same bytes each time\n  value: Faulty(7)",
        ),
        (broken_law(&[Faulty::<'e'>(7)]), "gives an equal value"),
        (broken_law(&[AllEqual(1), AllEqual(2)]), "equal exactly when their bytes are\n  left: AllEqual(1)"),
        (broken_law(&[Faulty::<'s'>(1), Faulty(2)]), "`same_key` is true exactly when the bytes are equal"),
        (broken_law(&[Faulty::<'h'>(1), Faulty(1)]), "the same keys have the same `hash_key`"),
        (broken_law(&[Faulty::<'n'>(1)]), "`is_null` is true exactly for the value that `null` gives"),
        (broken_law(&[Faulty::<'a'>(72)]), "what was read can be written, and reads as the same value again"),
        (broken_law(&[Faulty::<'p'>(1)]), "reading never panics\n  bytes: []"),
    ];
    for (broken_law, expected) in cases {
        assert!(broken_law.starts_with("law broken: ") && broken_law.contains(expected), "{broken_law}");
    }
}

#[test]
fn a_type_without_fault_passes() {
    laws::check(&[Faulty::<'-'>(0), Faulty(1), Faulty(1), Faulty(255)]);
}
