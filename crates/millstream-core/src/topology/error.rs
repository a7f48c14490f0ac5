//! Errors of building a topology.

use std::any::type_name;

use millstream_types::{Data, Nullable, short_type_name};

/// Why a topology cannot be built, and how to correct it.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TopologyError {
    /// Two nodes share a name.
    #[error("two nodes are named `{node}`; give one of them another name")]
    DuplicateNode {
        /// The name.
        node: String,
    },
    /// Two stores share a name.
    #[error(
        "two stores are named `{store}`; give one of them another name, or add the store once and connect it to both processors"
    )]
    DuplicateStore {
        /// The name.
        store: String,
    },
    /// A source has no topic.
    #[error("source `{node}` names no topic")]
    NoTopic {
        /// The source.
        node: String,
    },
    /// Two sources read one topic.
    #[error("topic `{topic}` is read by both `{first}` and `{second}`; read it once and use that stream twice")]
    TopicReadTwice {
        /// The topic.
        topic: String,
        /// One source.
        first: String,
        /// The other.
        second: String,
    },
    /// The pattern of a source is not a regular expression.
    #[error("`{pattern}` is not a valid pattern for the names of topics: {reason}")]
    InvalidPattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The pattern of a source matches a topic that another source reads.
    #[error(
        "the pattern `{pattern}` of source `{source_name}` matches topic `{topic}`, which source `{other}` reads too; change the pattern \
         so that it does not match the topic, or leave the other source out"
    )]
    PatternMatchesReadTopic {
        /// The pattern.
        pattern: String,
        /// Its source.
        source_name: String,
        /// The topic.
        topic: String,
        /// The other source that reads the topic.
        other: String,
    },
    /// Two sources have one pattern.
    #[error("pattern `{pattern}` is read by both `{first}` and `{second}`; read it once and use that stream twice")]
    PatternReadTwice {
        /// The pattern.
        pattern: String,
        /// One source.
        first: String,
        /// The other.
        second: String,
    },
    /// A parent does not exist.
    #[error("`{node}` names the parent `{parent}`, which has not been added; add parents before their children")]
    UnknownParent {
        /// The child.
        node: String,
        /// The parent it names.
        parent: String,
    },
    /// A store was connected to a node that does not exist.
    #[error("there is no processor named `{node}`; add it before connecting a store")]
    UnknownNode {
        /// The name.
        node: String,
    },
    /// A store was added that no processor may use.
    #[error(
        "store `{store}` is connected to no processor; give its handle to `process`, or to `Processed::with_store`, where a \
         processor that uses it is added (a text there names the processor), or leave it out"
    )]
    UnconnectedStore {
        /// The store.
        store: String,
    },
    /// A node has no parent.
    #[error("`{node}` has no parent; name at least one source or processor that feeds it")]
    NoParent {
        /// The node.
        node: String,
    },
    /// A sink was named as a parent.
    #[error("`{parent}` is a sink and cannot feed `{node}`")]
    SinkAsParent {
        /// The child.
        node: String,
        /// The sink.
        parent: String,
    },
    /// A parent forwards other types than its child takes.
    #[error("`{child}` takes {child_types}, but its parent `{parent}` forwards {parent_types}")]
    TypeMismatch {
        /// The parent.
        parent: String,
        /// What it forwards.
        parent_types: String,
        /// The child.
        child: String,
        /// What it takes.
        child_types: String,
    },
    /// A name that is not allowed for topics and stores.
    #[error("`{name}` is not a valid name: {reason}")]
    InvalidName {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The name of an internal topic, which begins with the application's id, is not allowed.
    #[error(
        "{what} would be called `{name}` ({length} characters), which no topic can be: {reason}; shorten its name, or the application id"
    )]
    InternalTopicName {
        /// What the topic is for.
        what: String,
        /// The name.
        name: String,
        /// How long it is.
        length: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// An invalid setting.
    #[error("{what}: {reason}")]
    Invalid {
        /// The setting.
        what: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// Streams or tables of two builders were mixed.
    #[error("`{node}` joins streams of two different builders; create both from the same StreamsBuilder")]
    TwoBuilders {
        /// The operator.
        node: String,
    },
    /// A processor was given a store of another builder.
    #[error(
        "`{node}` is given store {store} of another builder; add the store to the builder of the processor, and give it the handle that \
         `add_store` returns there"
    )]
    StoreOfAnotherBuilder {
        /// The processor.
        node: String,
        /// The store's number there, and its type.
        store: String,
    },
    /// An operator that needs keys was used on a stream without keys.
    #[error(
        "`{operator}` needs keys, but here the keys are `{key}`, which is always null; \
         read the topic with keys of another type, or choose keys with `group_by` or `select_key` before it"
    )]
    NoKeys {
        /// The operator.
        operator: String,
        /// The type of the keys.
        key: String,
    },
    /// A table or an aggregation was made of values that are always null.
    #[error(
        "the values of `{operator}` are `{value}`, which is always null: each record would be skipped, or delete its row; \
         take values of another type, such as `Vec<u8>`, which reads any bytes"
    )]
    NoValues {
        /// The operator.
        operator: String,
        /// The type of the values.
        value: String,
    },
    /// A processor's supplier panicked when a task was built.
    #[error("the supplier of processor `{node}` panicked: {message}")]
    SupplierPanicked {
        /// The processor.
        node: String,
        /// The message of the panic.
        message: String,
    },
    /// The wrapper of processors panicked when a task was built.
    #[error("the wrapper of processors panicked at processor `{node}`: {message}")]
    WrapperPanicked {
        /// The processor.
        node: String,
        /// The message of the panic.
        message: String,
    },
    /// A source or a store has a serde that cannot read what it writes.
    #[error(
        "{reader} has to read `{serde}`, whose bytes hold the start of a window and not its size; \
         name the size there, with `windowed_serde(key_serde, size)`, or take `session_windowed_serde(key_serde)` for sessions"
    )]
    Unreadable {
        /// The source or the store.
        reader: String,
        /// The name of its serde.
        serde: String,
    },
    /// The topology has no source.
    #[error("the topology has no source; begin with `builder.stream(topic)` or `builder.table(topic)`")]
    Empty,
}

millstream_types::debug_as_sentence!(TopologyError);

impl TopologyError {
    /// The error of an `operator` that needs keys, if those of type `K` are always null, as `()` is.
    pub(crate) fn of_keys<K: Nullable>(operator: &str) -> Option<Self> {
        <K::Present as Data>::null()?;
        Some(Self::NoKeys { operator: operator.to_owned(), key: short_type_name(type_name::<K>()) })
    }

    /// The error of an `operator` that needs values, if those of type `V` are always null, as `()` is.
    pub(crate) fn of_values<V: Nullable>(operator: &str) -> Option<Self> {
        <V::Present as Data>::null()?;
        Some(Self::NoValues { operator: operator.to_owned(), value: short_type_name(type_name::<V>()) })
    }
}
