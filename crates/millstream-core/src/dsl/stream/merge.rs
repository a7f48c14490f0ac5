//! `merge`.

use super::KStream;
use crate::chain::{Context, Downstream, Node, Upcoming};
use crate::options::CarriedSerdes;
use crate::topology::{Assembly, Built, NodeKind, TopologyError};
use crate::{Element, Record};

impl<K: Element, V: Element> KStream<K, V> {
    /// One stream of the records of both. Records of one stream keep their order; between the two there is none, except
    /// that a task takes up records of its topics by time.
    ///
    /// Serdes given for either stream are not carried on; the types' own hold again.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let web = builder.stream::<String, String>("web");
    /// web.merge(&builder.stream("mobile")).to("all");
    /// ```
    pub fn merge(&self, other: &Self) -> Self {
        let name = self.graph.generate("KSTREAM-MERGE-");
        if !self.graph.is_same(&other.graph) {
            self.graph.fail(TopologyError::TwoBuilders { node: name });
            return self.clone();
        }
        let lower: super::super::graph::Lower = Box::new(|spec, name, parents| {
            let build = Box::new(|assembly: &mut Assembly<'_>, node| {
                Ok(Built::new(Merge::<K, V> { children: assembly.downstream(node)? }))
            });
            spec.add_node(name, NodeKind::Processor { entered: false, build }, parents)
        });
        let node = self.graph.add(name, &[self.node, other.node], lower);
        let sources = self.sources.union(&other.sources).copied().collect();
        KStream::new(&self.graph, node, sources, CarriedSerdes::own(), self.key_changed || other.key_changed)
    }
}

struct Merge<K, V> {
    children: Downstream<K, V>,
}

impl<K: Element, V: Element> Node<K, V> for Merge<K, V> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        self.children.forward(context, record);
    }

    fn expect(&mut self, context: &mut Context<'_>, upcoming: &[Upcoming<K>]) {
        self.children.expect(context, upcoming);
    }
}
