//! `split`, `branch` and `default_branch`.

use std::convert::Infallible;
use std::sync::Arc;

use super::{KStream, boxed, stateless};
use crate::chain::{BoxError, Context, Downstream, NextKeys, Node};
use crate::graph::KeyEffect;
use crate::record::{Element, Record};

type Predicate<K, V> = Arc<dyn Fn(&K, &V) -> Result<bool, BoxError> + Send + Sync>;
type Chained<K, V> = Box<dyn FnOnce(KStream<K, V>) -> Option<KStream<K, V>>>;

impl<K: Element, V: Element> KStream<K, V> {
    /// Splits the stream: each record goes to the first branch whose predicate it matches, or to the default branch.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let orders = builder.stream::<String, i64>("orders");
    /// let branches = orders.split().branch("large", |_key, amount| *amount > 1_000).default_branch("rest");
    /// branches["large"].to("large-orders");
    /// branches["rest"].to("orders-as-usual");
    /// ```
    pub fn split(&self) -> BranchedKStream<K, V> {
        let prefix = self.graph.generate("KSTREAM-BRANCH-");
        let make = |children| boxed(Split { predicates: Vec::new(), children });
        let node = self.operator::<K, V>(prefix.clone(), KeyEffect::Keeps, Box::new(make));
        let splitter = self.next(node, self.serdes.clone());
        BranchedKStream { splitter, prefix, predicates: Vec::new(), branches: Vec::new() }
    }
}

/// A stream that is being split. Add branches, then end with [`default_branch`](Self::default_branch) or
/// [`no_default_branch`](Self::no_default_branch).
#[must_use = "a split ends with `default_branch` or `no_default_branch`"]
pub struct BranchedKStream<K, V> {
    splitter: KStream<K, V>,
    prefix: String,
    predicates: Vec<Predicate<K, V>>,
    /// By name, in the order of the names.
    branches: Vec<(String, KStream<K, V>)>,
}

/// The name of a branch, and an optional function for its stream. A plain name converts into it.
pub struct Branched<K, V> {
    name: Option<String>,
    chained: Option<Chained<K, V>>,
}

impl<K, V> Branched<K, V> {
    /// A branch named by its number.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::Branched;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// # let orders = builder.stream::<String, i64>("orders");
    /// let branches = orders.split().branch(Branched::new(), |_key, amount| *amount > 1_000).no_default_branch();
    /// branches["1"].to("large-orders");
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self { name: None, chained: None }
    }

    /// A branch with this name, to which the name of the split is prepended.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::Branched;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// # let orders = builder.stream::<String, i64>("orders");
    /// let branches = orders.split().branch(Branched::named("large"), |_key, amount| *amount > 1_000).no_default_branch();
    /// branches["large"].to("large-orders");
    /// ```
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), chained: None }
    }

    /// Returns the result of `chain` for the branch, instead of the branch itself.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::Branched;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// # let orders = builder.stream::<String, i64>("orders");
    /// let in_euros = Branched::named("large").mapped(|orders| orders.map_values(|_key, cents| cents / 100));
    /// let branches = orders.split().branch(in_euros, |_key, cents| *cents > 100_000).no_default_branch();
    /// branches["large"].to("large-orders");
    /// ```
    #[must_use]
    pub fn mapped(self, chain: impl FnOnce(KStream<K, V>) -> KStream<K, V> + 'static) -> Self {
        Self { chained: Some(Box::new(|stream| Some(chain(stream)))), ..self }
    }

    /// Passes the branch to `consume`, and does not return it.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::Branched;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// # let orders = builder.stream::<String, i64>("orders");
    /// let large = Branched::named("large").consumed(|orders| drop(orders.to("large-orders")));
    /// let _ = orders.split().branch(large, |_key, amount| *amount > 1_000).no_default_branch();
    /// ```
    #[must_use]
    pub fn consumed(self, consume: impl FnOnce(KStream<K, V>) + 'static) -> Self {
        let chain = move |stream| {
            consume(stream);
            None
        };
        Self { chained: Some(Box::new(chain)), ..self }
    }
}

impl<K, V> Default for Branched<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> From<&str> for Branched<K, V> {
    fn from(name: &str) -> Self {
        Self::named(name)
    }
}

impl<K: Element, V: Element> BranchedKStream<K, V> {
    /// Names the split. The name is prepended to those of its branches. Call it before the first branch.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::Branched;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// # let orders = builder.stream::<String, i64>("orders");
    /// let branches = orders.split().named("by-size-").branch("large", |_key, amount| *amount > 1_000).default_branch("rest");
    /// assert!(branches.get("by-size-large").is_some());
    /// ```
    pub fn named(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.splitter.graph.rename(self.splitter.node, name.clone());
        self.prefix = name;
        self
    }

    /// Adds a branch for the records that match `predicate` and none before it.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::Branched;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// # let orders = builder.stream::<String, i64>("orders");
    /// let split = orders.split().branch("large", |_key, amount| *amount > 1_000).branch("free", |_key, amount| *amount == 0);
    /// split.no_default_branch()["free"].to("free-orders");
    /// ```
    pub fn branch(
        self,
        branched: impl Into<Branched<K, V>>,
        predicate: impl Fn(&K, &V) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.try_branch(branched, move |key, value| Ok::<_, Infallible>(predicate(key, value)))
    }

    /// [`branch`](Self::branch) with a predicate that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the record.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let amounts = builder.stream::<String, String>("amounts");
    /// let is_large = |_key: &String, text: &String| text.parse::<i64>().map(|amount| amount > 1_000);
    /// let branches = amounts.split().try_branch("large", is_large).default_branch("rest");
    /// branches["large"].to("large-amounts");
    /// ```
    pub fn try_branch<E: Into<BoxError>>(
        mut self,
        branched: impl Into<Branched<K, V>>,
        predicate: impl Fn(&K, &V) -> Result<bool, E> + Send + Sync + 'static,
    ) -> Self {
        self.predicates.push(Arc::new(move |key, value| predicate(key, value).map_err(Into::into)));
        let predicates = self.predicates.clone();
        let make = move |children| boxed(Split { predicates: predicates.clone(), children });
        self.splitter.graph.rebuild(self.splitter.node, stateless::<K, V, K, V>(Box::new(make)));
        self.add(branched.into(), self.predicates.len());
        self
    }

    /// Adds a branch for the records that match no predicate, and ends the split.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::Branched;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// # let orders = builder.stream::<String, i64>("orders");
    /// let branches = orders.split().branch("large", |_key, amount| *amount > 1_000).default_branch("rest");
    /// branches["rest"].to("orders-as-usual");
    /// ```
    #[must_use]
    pub fn default_branch(mut self, branched: impl Into<Branched<K, V>>) -> Branches<K, V> {
        self.add(branched.into(), 0);
        Branches { prefix: self.prefix, by_name: self.branches }
    }

    /// Ends the split. Records that match no predicate are dropped.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::Branched;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// # let orders = builder.stream::<String, i64>("orders");
    /// let branches = orders.split().branch("large", |_key, amount| *amount > 1_000).no_default_branch();
    /// branches["large"].to("large-orders");
    /// ```
    #[must_use]
    pub fn no_default_branch(self) -> Branches<K, V> {
        Branches { prefix: self.prefix, by_name: self.branches }
    }

    fn add(&mut self, branched: Branched<K, V>, number: usize) {
        let graph = &self.splitter.graph;
        let name = format!("{}{}", self.prefix, branched.name.unwrap_or_else(|| number.to_string()));
        let name = graph.name_or_generate(Some(name), "KSTREAM-BRANCH-");
        let make = |children| boxed(Pass { children });
        let node = self.splitter.operator::<K, V>(name.clone(), KeyEffect::Keeps, Box::new(make));
        let stream = self.splitter.next(node, self.splitter.serdes.clone());
        let kept = branched.chained.map_or(Some(stream.clone()), |chain| chain(stream));
        if let Some(stream) = kept {
            let place = self.branches.partition_point(|(other, _)| *other < name);
            self.branches.insert(place, (name, stream));
        }
    }
}

/// The branches of a split, by name. Indexing takes the name with or without that of the split.
pub struct Branches<K, V> {
    prefix: String,
    by_name: Vec<(String, KStream<K, V>)>,
}

impl<K, V> Branches<K, V> {
    /// The branch with this name.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::Branched;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// # let orders = builder.stream::<String, i64>("orders");
    /// let branches = orders.split().branch("large", |_key, amount| *amount > 1_000).no_default_branch();
    /// assert!(branches.get("large").is_some() && branches.get("small").is_none());
    /// ```
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&KStream<K, V>> {
        self.find(name).or_else(|| self.find(&format!("{}{name}", self.prefix)))
    }

    fn find(&self, full_name: &str) -> Option<&KStream<K, V>> {
        self.by_name.iter().find(|(name, _)| name == full_name).map(|(_, stream)| stream)
    }

    /// All branches with their full names, in the order of their names.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::Branched;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// # let orders = builder.stream::<String, i64>("orders");
    /// let branches = orders.split().branch("large", |_key, amount| *amount > 1_000).default_branch("rest");
    /// for (name, orders) in branches.iter() {
    ///     orders.to(name);
    /// }
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&str, &KStream<K, V>)> {
        self.by_name.iter().map(|(name, stream)| (name.as_str(), stream))
    }
}

impl<K, V> std::ops::Index<&str> for Branches<K, V> {
    type Output = KStream<K, V>;

    /// # Panics
    /// When there is no branch with this name; the message lists the existing ones.
    fn index(&self, name: &str) -> &KStream<K, V> {
        self.get(name).unwrap_or_else(|| {
            let names: Vec<&str> = self.iter().map(|(name, _)| name).collect();
            panic!("the split has no branch `{name}`; it has {}", names.join(", "))
        })
    }
}

struct Split<K, V> {
    predicates: Vec<Predicate<K, V>>,
    /// One child for each predicate, then the default branch if there is one.
    children: Downstream<K, V>,
}

impl<K: Element, V: Element> Node<K, V> for Split<K, V> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        for (index, predicate) in self.predicates.iter().enumerate() {
            match predicate(&record.key, &record.value) {
                Ok(true) => return self.children.forward_at(context, index, record),
                Ok(false) => {}
                Err(error) => return self.children.fail(context, error),
            }
        }
        self.children.forward_at(context, self.predicates.len(), record);
    }

    fn prefetch(&mut self, context: &mut Context<'_>, next_keys: NextKeys<'_, K>) {
        self.children.prefetch(context, next_keys.some_of());
    }
}

struct Pass<K, V> {
    children: Downstream<K, V>,
}

impl<K: Element, V: Element> Node<K, V> for Pass<K, V> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        self.children.forward(context, record);
    }

    fn prefetch(&mut self, context: &mut Context<'_>, next_keys: NextKeys<'_, K>) {
        self.children.prefetch(context, next_keys);
    }
}
