//! Makes a program small while it keeps a property: here that both sides differ.

use crate::program::{Input, Node, Operator, Program};

/// The smallest program that can be found by leaving out inputs and operators and making settings plainer, for which `keeps` holds.
pub fn shrink(program: Program, keeps: &mut dyn FnMut(&Program) -> bool) -> Program {
    let mut smallest = program;
    loop {
        let before = smallest.clone();
        smallest = without_inputs(smallest, keeps);
        smallest = without_operators(smallest, keeps);
        smallest = made_plainer(smallest, keeps);
        if smallest == before {
            return smallest;
        }
    }
}

/// Leaves out runs of inputs, from halves down to single ones.
fn without_inputs(mut program: Program, keeps: &mut dyn FnMut(&Program) -> bool) -> Program {
    let mut length = program.inputs.len() / 2;
    while length > 0 {
        let mut from = 0;
        while from < program.inputs.len() {
            let mut smaller = program.clone();
            smaller.inputs.drain(from..(from + length).min(program.inputs.len()));
            if keeps(&smaller) {
                program = smaller;
            } else {
                from += length;
            }
        }
        length /= 2;
    }
    program
}

/// Leaves out operators: with everything behind them, or so that what follows takes what they took.
fn without_operators(mut program: Program, keeps: &mut dyn FnMut(&Program) -> bool) -> Program {
    let mut index = program.nodes.len();
    while index > 0 {
        index -= 1;
        let smaller = [without_branch(&program, index), bypassed(&program, index)];
        if let Some(smaller) = smaller.into_iter().flatten().find(|smaller| smaller.types().is_some() && keeps(smaller))
        {
            program = smaller;
            index = index.min(program.nodes.len());
        }
    }
    program
}

/// Without this operator and all behind it.
fn without_branch(program: &Program, index: usize) -> Option<Program> {
    let mut gone = vec![false; program.nodes.len()];
    for (at, node) in program.nodes.iter().enumerate() {
        gone[at] = at == index || node.from.iter().any(|&from| gone[from]);
    }
    without(program, &gone)
}

/// Without this operator: what follows takes its first input.
fn bypassed(program: &Program, index: usize) -> Option<Program> {
    let input = *program.nodes[index].from.first()?;
    let mut bypassed = program.clone();
    for from in bypassed.nodes.iter_mut().flat_map(|node| &mut node.from).filter(|from| **from == index) {
        *from = input;
    }
    let gone: Vec<bool> = (0..program.nodes.len()).map(|at| at == index).collect();
    without(&bypassed, &gone)
}

fn without(program: &Program, gone: &[bool]) -> Option<Program> {
    let place = |index: usize| gone[..index].iter().filter(|gone| !**gone).count();
    let kept = program.nodes.iter().enumerate().filter(|(index, _)| !gone[*index]);
    let nodes: Vec<Node> = kept
        .map(|(_, node)| Node { from: node.from.iter().map(|&from| place(from)).collect(), ..node.clone() })
        .collect();
    let mut smaller = Program { nodes, ..program.clone() };
    let topics: Vec<String> = smaller.nodes.iter().filter_map(topic_of).collect();
    // The records of a source that is gone go to the first one.
    let first = topics.first()?.clone();
    for input in &mut smaller.inputs {
        if let Input::Record(record) = input
            && !topics.contains(&record.topic)
        {
            record.topic.clone_from(&first);
        }
    }
    Some(smaller)
}

fn topic_of(node: &Node) -> Option<String> {
    match &node.operator {
        Operator::Stream { topic } | Operator::Table { topic, .. } | Operator::GlobalTable { topic, .. } => {
            Some(topic.clone())
        }
        _ => None,
    }
}

/// Makes one thing after the other plainer: no cache, no names, stores on the engine, no headers, the same key, short values.
fn made_plainer(mut program: Program, keeps: &mut dyn FnMut(&Program) -> bool) -> Program {
    let mut attempt = |change: &mut dyn FnMut(&mut Program)| {
        let mut plainer = program.clone();
        change(&mut plainer);
        if plainer != program && keeps(&plainer) {
            program = plainer;
        }
    };
    attempt(&mut |program| program.settings.cache_bytes_max = 0);
    attempt(&mut |program| program.settings.emit_interval_ms = 0);
    attempt(&mut |program| program.settings.skips_failures = false);
    attempt(&mut |program| program.settings.keeps_headers = false);
    attempt(&mut |program| program.settings.optimizations.clear());
    for index in 0..64 {
        attempt(&mut |program| program.nodes.get_mut(index).into_iter().for_each(|node| node.name = None));
        let mut at_store = |change: fn(&mut crate::program::Store)| {
            attempt(&mut |program| {
                let node = program.nodes.get_mut(index);
                node.and_then(|node| node.operator.store_mut()).into_iter().for_each(change);
            });
        };
        at_store(|store| store.caching = false);
        at_store(|store| store.in_memory = false);
        at_store(|store| store.retention_ms = None);
        at_store(|store| store.history_ms = None);
    }
    for index in 0..300 {
        let mut at_record = |change: fn(&mut crate::program::Record)| {
            attempt(&mut |program| {
                if let Some(Input::Record(record)) = program.inputs.get_mut(index) {
                    change(record);
                }
            });
        };
        at_record(|record| record.headers.clear());
        at_record(|record| record.key = Some("a".to_owned()));
        at_record(|record| record.value = Some("a".to_owned()));
        at_record(|record| record.ts = 0);
        at_record(|record| record.ts = record.ts / 1_000 * 1_000);
    }
    program
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_shrinks_to_what_its_property_needs() {
        let has_count = |program: &Program| {
            let is_count = |node: &Node| matches!(node.operator, Operator::Count { .. });
            program.nodes.iter().any(is_count) && program.inputs.len() >= 2
        };
        let program = (0..).map(crate::generate).find(has_count).expect("some program counts");
        let smallest = shrink(program, &mut |program| has_count(program));
        let names: Vec<String> = smallest.nodes.iter().map(|node| node.operator.name()).collect();
        // How the first program that counts is grouped depends on what is drawn.
        let shown = names.join(", ");
        assert!(["stream, group_by_key, count", "stream, group_by, count"].contains(&shown.as_str()), "{shown}");
        assert_eq!(smallest.inputs.len(), 2);
        assert!(smallest.types().is_some());
    }
}
