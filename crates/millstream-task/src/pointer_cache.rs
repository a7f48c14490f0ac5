//! Finds the number of a name without hashing it: names that live long are asked for by the same address each time.

/// How many names are remembered. A topology has about as many sinks and changelogs per task.
const SLOTS: usize = 32;

/// Remembers numbers of names, by address first and then compared, so that a reused address does no harm.
#[derive(Debug)]
pub(super) struct PointerCache<K> {
    slots: [Option<(K, usize)>; SLOTS],
}

impl<K: AsRef<str>> PointerCache<K> {
    pub(super) fn new() -> Self {
        Self { slots: [const { None }; SLOTS] }
    }

    /// The number remembered for `name`, if it is.
    #[inline]
    pub(super) fn get(&self, name: &str) -> Option<usize> {
        let (known, number) = self.slots[slot(name)].as_ref()?;
        (known.as_ref() == name).then_some(*number)
    }

    /// Remembers a number for the name at this address.
    pub(super) fn insert(&mut self, name: &str, key: K, number: usize) {
        self.slots[slot(name)] = Some((key, number));
    }
}

/// Allocations are aligned to 16 bytes, so that the lowest bits carry no information.
#[inline]
fn slot(name: &str) -> usize {
    let address = name.as_ptr().addr();
    ((address >> 4) ^ (address >> 9)) % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_by_its_address_and_content() {
        let mut cache = PointerCache::new();
        let name = "lines".to_owned();
        assert_eq!(cache.get(&name), None);
        cache.insert(&name, name.clone(), 7);
        assert_eq!(cache.get(&name), Some(7));
    }

    #[test]
    fn another_name_at_the_same_address_is_not_mistaken() {
        let mut cache = PointerCache::new();
        let text = "lines-and-words".to_owned();
        cache.insert(&text[..5], "lines".to_owned(), 7);
        assert_eq!(cache.get(&text[..5]), Some(7));
        assert_eq!(cache.get(&text[..6]), None);
    }
}
