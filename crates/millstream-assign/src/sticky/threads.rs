//! Divides what a process has among its threads.

use super::balance::{Bins, Thing, balance};
use super::hosts::Host;
use super::model::Model;

/// The member of each task that is active on a process, now.
pub(super) fn active_threads(model: &Model<'_>, hosts: &[Option<Host>]) -> Vec<Option<usize>> {
    let mut threads = vec![None; hosts.len()];
    let (mut settled, mut interim) = (vec![Vec::new(); model.processes.len()], vec![Vec::new(); model.processes.len()]);
    for (task, host) in hosts.iter().enumerate() {
        let Some(host) = host else { continue };
        if host.is_interim() { interim[host.now].push(task) } else { settled[host.now].push(task) }
    }
    let mut loads = vec![0_usize; model.members.len()];
    for process in 0..model.processes.len() {
        divide(model, process, &settled[process], start_of_active, &mut threads);
        settled[process].iter().filter_map(|task| threads[*task]).for_each(|member| loads[member] += 1);
        // What moves away soon stays on its thread, and does not count.
        for task in &interim[process] {
            let owner = model.owner(*task).filter(|owner| model.process_of[*owner] == process);
            let has_copy = || thread_of_copy(model, process, *task);
            let open = model.threads[process].iter().copied().filter(|member| model.has(*member, *task));
            let member = owner.or_else(has_copy).or_else(|| open.min_by_key(|member| (loads[*member], *member)));
            threads[*task] = member;
            member.into_iter().for_each(|member| loads[member] += 1);
        }
    }
    threads
}

/// The member of each copy, a standby or a warm-up, that a process has: the members in the order of `copies`, which has processes and tasks.
pub(super) fn copy_threads(model: &Model<'_>, copies: &[Vec<usize>]) -> Vec<Vec<(usize, usize)>> {
    let mut members = vec![None; model.tasks.len()];
    let mut by_process = Vec::new();
    for (process, tasks) in copies.iter().enumerate() {
        divide(model, process, tasks, thread_of_copy, &mut members);
        by_process.push(tasks.iter().filter_map(|task| Some((*task, members[*task].take()?))).collect());
    }
    by_process
}

/// Where an active task begins: where it was promised, or is.
fn start_of_active(model: &Model<'_>, process: usize, task: usize) -> Option<usize> {
    let promised =
        model.tasks[task].promised.filter(|(promised, _)| *promised == process).and_then(|(_, thread)| thread);
    let owners = model.tasks[task].owners.iter().copied();
    promised.or_else(|| owners.filter(|owner| model.process_of[*owner] == process && model.has(*owner, task)).min())
}

fn thread_of_copy(model: &Model<'_>, process: usize, task: usize) -> Option<usize> {
    model.tasks[task].copies.iter().copied().find(|member| model.process_of[*member] == process)
}

/// Divides tasks, which are in order, among the threads of a process.
fn divide(
    model: &Model<'_>,
    process: usize,
    tasks: &[usize],
    start: impl Fn(&Model<'_>, usize, usize) -> Option<usize>,
    members: &mut [Option<usize>],
) {
    let threads = &model.threads[process];
    if let [only] = threads.as_slice() {
        tasks.iter().for_each(|task| members[*task] = Some(*only));
        return;
    }
    let mut groups: Vec<usize> = tasks.iter().map(|task| model.tasks[*task].subtopology).collect();
    groups.dedup();
    let place = |member: usize| threads.binary_search(&member).ok();
    let things: Vec<Thing> = tasks
        .iter()
        .map(|task| Thing {
            group: groups.binary_search(&model.tasks[*task].subtopology).unwrap_or_default(),
            start: start(model, process, *task).and_then(place),
            likes: thread_of_copy(model, process, *task).and_then(place).into_iter().collect(),
        })
        .collect();
    let digests: Vec<_> = groups.iter().map(|group| model.subtopologies[*group].digest).collect();
    let weights = threads.iter().flat_map(|member| {
        digests.iter().map(|digest| u32::from(model.members[*member].subtopologies.contains(digest)))
    });
    let bins = Bins { count: threads.len(), groups: groups.len(), weights: weights.collect() };
    for (task, thread) in tasks.iter().zip(balance(&bins, &things)) {
        members[*task] = thread.map(|thread| threads[thread]);
    }
}
