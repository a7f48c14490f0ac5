//! Finds the number of a name without hashing it: names that live long are asked for by the same address each time.

/// How many names are remembered. A topology has about as many sinks and changelogs per task.
const SLOTS: usize = 32;

/// Remembers numbers of names, such as topics. A name is found by its address and then compared, so that a reused address
/// does no harm.
///
/// Keys share the memory of the names that are asked for, as a clone of a [`Topic`](millstream_types::Topic) does: then
/// there is nothing to compare but the address.
///
/// # Examples
/// ```
/// use millstream_log::PointerCache;
/// use millstream_types::Topic;
///
/// let mut cache = PointerCache::new();
/// let topic = Topic::from("orders");
/// assert_eq!(cache.get(topic.as_str()), None);
/// cache.insert(topic.as_str(), topic.clone(), 7);
/// assert_eq!(cache.get(topic.as_str()), Some(7));
/// ```
#[derive(Debug)]
pub struct PointerCache<K> {
    slots: [Option<(K, usize)>; SLOTS],
}

impl<K: AsRef<str>> PointerCache<K> {
    /// A cache that remembers nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self { slots: [const { None }; SLOTS] }
    }

    /// The number remembered for `name`, if it is.
    #[inline]
    #[must_use]
    pub fn get(&self, name: &str) -> Option<usize> {
        let (known, number) = self.slots[slot(name)].as_ref()?;
        let known = known.as_ref();
        (std::ptr::eq(known, name) || known == name).then_some(*number)
    }

    /// Remembers a number for the name at this address, and forgets another name in its place.
    pub fn insert(&mut self, name: &str, key: K, number: usize) {
        self.slots[slot(name)] = Some((key, number));
    }
}

impl<K: AsRef<str>> Default for PointerCache<K> {
    fn default() -> Self {
        Self::new()
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
