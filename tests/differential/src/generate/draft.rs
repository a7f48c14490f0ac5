//! A program in the making.

use super::Random;
use crate::program::{Node, Operator, Type, type_of};

/// The operators drawn so far, with the types of their results.
pub(super) struct Draft {
    pub(super) random: Random,
    pub(super) nodes: Vec<Node>,
    pub(super) types: Vec<Type>,
}

impl Draft {
    pub(super) const fn new(random: Random) -> Self {
        Self { random, nodes: Vec::new(), types: Vec::new() }
    }

    pub(super) fn operator_count(&self) -> usize {
        // What has to be added to write a table to a topic counts as well.
        let tables = (0..self.nodes.len())
            .filter(|&index| matches!(self.types[index], Type::Table(..)) && !self.is_taken(index));
        self.nodes.iter().filter(|node| node.operator.is_counted()).count() + tables.count()
    }

    /// Adds an operator, one in four with a name.
    pub(super) fn add(&mut self, operator: Operator, from: &[usize]) -> usize {
        let name = self.random.chance(25).then(|| format!("n{}", self.nodes.len()));
        self.push(operator, from, name)
    }

    /// Adds an operator without a name.
    pub(super) fn add_unnamed(&mut self, operator: Operator, from: &[usize]) -> usize {
        self.push(operator, from, None)
    }

    fn push(&mut self, operator: Operator, from: &[usize], name: Option<String>) -> usize {
        let node = Node { operator, from: from.to_vec(), name };
        let given: Vec<Type> = from.iter().map(|&from| self.types[from]).collect();
        let type_of = type_of(&node, &given).expect("operators are drawn for the types that they take");
        self.nodes.push(node);
        self.types.push(type_of);
        self.nodes.len() - 1
    }

    /// Whether an operator takes this one's result.
    pub(super) fn is_taken(&self, index: usize) -> bool {
        self.nodes.iter().any(|node| node.from.contains(&index))
    }

    /// Whether it has, at any distance, the results of a join of two streams.
    pub(super) fn is_behind_join(&self, index: usize) -> bool {
        let node = &self.nodes[index];
        let is_join = matches!(
            node.operator,
            Operator::JoinStream { .. } | Operator::LeftJoinStream { .. } | Operator::OuterJoinStream { .. }
        );
        is_join || node.from.iter().any(|&from| self.is_behind_join(from))
    }

    /// A result of such a type, mostly one that nothing takes yet.
    pub(super) fn pick(&mut self, fits: impl Fn(Type) -> bool) -> Option<usize> {
        let all: Vec<usize> = (0..self.nodes.len()).filter(|&index| fits(self.types[index])).collect();
        let free: Vec<usize> = all.iter().copied().filter(|&index| !self.is_taken(index)).collect();
        let from = if !free.is_empty() && self.random.chance(75) { free } else { all };
        (!from.is_empty()).then(|| *self.random.pick(&from))
    }
}
