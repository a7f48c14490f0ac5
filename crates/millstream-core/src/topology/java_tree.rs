//! The order of a `java.util.TreeSet` whose elements change while they are in it.
//!
//! `describe()` of Kafka Streams keeps nodes in such sets, ordered by sizes that still grow. Where an element ends up then depends
//! on the shape of the tree, so this is the same red-black tree (Cormen et al., as in `java.util.TreeMap`).

use std::cmp::Ordering;

/// A set of values; an index is a place in `nodes`.
#[derive(Clone, Debug)]
pub(super) struct JavaTree<T> {
    nodes: Vec<TreeNode<T>>,
    root: Option<usize>,
}

#[derive(Clone, Debug)]
struct TreeNode<T> {
    value: T,
    parent: Option<usize>,
    /// Left and right.
    children: [Option<usize>; 2],
    is_red: bool,
}

const LEFT: usize = 0;
const RIGHT: usize = 1;

impl<T> Default for JavaTree<T> {
    fn default() -> Self {
        Self { nodes: Vec::new(), root: None }
    }
}

impl<T: Copy> JavaTree<T> {
    /// Adds a value, unless one on the way compares as equal.
    pub(super) fn insert(&mut self, value: T, compare: impl Fn(T, T) -> Ordering) {
        let (mut at, mut parent, mut side) = (self.root, None, LEFT);
        while let Some(index) = at {
            side = match compare(value, self.nodes[index].value) {
                Ordering::Less => LEFT,
                Ordering::Greater => RIGHT,
                Ordering::Equal => return,
            };
            parent = Some(index);
            at = self.nodes[index].children[side];
        }
        let added = self.nodes.len();
        self.nodes.push(TreeNode { value, parent, children: [None, None], is_red: true });
        match parent {
            Some(parent) => self.nodes[parent].children[side] = Some(added),
            None => self.root = Some(added),
        }
        self.balance(added);
    }

    /// All values, in the order of the tree.
    pub(super) fn values(&self) -> Vec<T> {
        let (mut values, mut above, mut at) = (Vec::with_capacity(self.nodes.len()), Vec::new(), self.root);
        while let Some(index) = at.or_else(|| above.pop()) {
            if at.is_some() {
                above.push(index);
                at = self.nodes[index].children[LEFT];
            } else {
                values.push(self.nodes[index].value);
                at = self.nodes[index].children[RIGHT];
            }
        }
        values
    }

    /// `TreeMap.fixAfterInsertion`: no red node has a red parent.
    fn balance(&mut self, added: usize) {
        let mut at = added;
        while let Some((parent, grandparent)) = self.red_parent(at) {
            let side = self.side_of(parent, grandparent);
            let uncle = self.nodes[grandparent].children[1 - side];
            if let Some(uncle) = uncle.filter(|uncle| self.nodes[*uncle].is_red) {
                self.nodes[parent].is_red = false;
                self.nodes[uncle].is_red = false;
                self.nodes[grandparent].is_red = true;
                at = grandparent;
                continue;
            }
            let mut top = parent;
            if self.side_of(at, parent) != side {
                self.rotate(parent, side);
                top = at;
                at = parent;
            }
            self.nodes[top].is_red = false;
            self.nodes[grandparent].is_red = true;
            self.rotate(grandparent, 1 - side);
        }
        if let Some(root) = self.root {
            self.nodes[root].is_red = false;
        }
    }

    /// The parent if it is red, and its own parent: the root is black.
    fn red_parent(&self, at: usize) -> Option<(usize, usize)> {
        let parent = self.nodes[at].parent.filter(|parent| self.nodes[*parent].is_red)?;
        Some((parent, self.nodes[parent].parent?))
    }

    fn side_of(&self, child: usize, parent: usize) -> usize {
        usize::from(self.nodes[parent].children[RIGHT] == Some(child))
    }

    /// Moves a node down to this side; its child on the other side takes its place.
    fn rotate(&mut self, at: usize, side: usize) {
        let Some(up) = self.nodes[at].children[1 - side] else { return };
        let moved = self.nodes[up].children[side];
        self.nodes[at].children[1 - side] = moved;
        if let Some(moved) = moved {
            self.nodes[moved].parent = Some(at);
        }
        let parent = self.nodes[at].parent;
        self.nodes[up].parent = parent;
        match parent {
            Some(parent) => {
                let place = self.side_of(at, parent);
                self.nodes[parent].children[place] = Some(up);
            }
            None => self.root = Some(up),
        }
        self.nodes[up].children[side] = Some(at);
        self.nodes[at].parent = Some(up);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_do_not_change_are_sorted() {
        let mut tree = JavaTree::default();
        let numbers = (0..200_u32).map(|number| number * 73 % 199);
        numbers.for_each(|number| tree.insert(number, |a, b| a.cmp(&b)));
        assert_eq!(tree.values(), (0..199).collect::<Vec<_>>());
    }

    #[test]
    fn no_red_node_has_a_red_parent_and_every_path_has_as_many_black_nodes() {
        let mut tree = JavaTree::default();
        (0..1_000_u32).for_each(|number| tree.insert(number * 617 % 1_009, |a, b| a.cmp(&b)));
        let leaves = (0..tree.nodes.len()).filter(|&index| tree.nodes[index].children.contains(&None));
        let mut heights: Vec<usize> = leaves.map(|leaf| black_above(&tree, leaf)).collect();
        heights.dedup();
        assert_eq!(heights.len(), 1);
    }

    fn black_above(tree: &JavaTree<u32>, leaf: usize) -> usize {
        let (mut at, mut black) = (Some(leaf), 0);
        while let Some(index) = at {
            let node = &tree.nodes[index];
            black += usize::from(!node.is_red);
            assert!(!(node.is_red && node.parent.is_some_and(|parent| tree.nodes[parent].is_red)));
            at = node.parent;
        }
        black
    }

    /// A set of two has its first element on top, so that is what a third is compared with first.
    #[test]
    fn a_value_goes_where_the_tree_leads_it_once_values_have_changed() {
        let mut sizes = vec![1, 1, 1];
        let mut tree = JavaTree::default();
        let compare = |sizes: Vec<u32>| move |a: usize, b: usize| sizes[b].cmp(&sizes[a]).then(a.cmp(&b));
        tree.insert(0, compare(sizes.clone()));
        tree.insert(1, compare(sizes.clone()));
        sizes[1] = 5;
        sizes[2] = 3;
        tree.insert(2, compare(sizes));
        assert_eq!(tree.values(), [2, 0, 1]);
    }
}
