//! On which process each task is active: in the end, and until its state has warmed up there (KIP-441).

use std::cmp::Reverse;

use super::balance::{Bins, Thing, balance};
use super::model::{LAG_MAX, Model};

/// Where a task is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Host {
    /// The process that has it when all is done.
    pub(super) planned: usize,
    /// The process that has it until then.
    pub(super) now: usize,
}

impl Host {
    /// Whether the task has to warm up before it moves to where it is planned.
    pub(super) fn is_interim(self) -> bool {
        self.planned != self.now
    }
}

/// Finds the hosts of all tasks; `None` for those that no process can have.
pub(super) fn hosts(model: &Model<'_>) -> Vec<Option<Host>> {
    let mut planned_load = vec![0_u32; model.processes.len()];
    let planned = plan(model);
    planned.iter().flatten().for_each(|process| planned_load[*process] += 1);
    let mut interim_load = planned_load;
    let now = |(task, planned): (usize, Option<usize>)| {
        let planned = planned?;
        let now = host_until_warm(model, task, planned, &interim_load);
        if now != planned {
            interim_load[planned] -= 1;
            interim_load[now] += 1;
        }
        Some(Host { planned, now })
    };
    planned.into_iter().enumerate().map(now).collect()
}

/// Divides tasks among processes: each is where it was promised, or is, unless balance needs it elsewhere.
fn plan(model: &Model<'_>) -> Vec<Option<usize>> {
    let things: Vec<Thing> = (0..model.tasks.len()).map(|task| thing(model, task)).collect();
    let bins = Bins { count: model.processes.len(), groups: model.subtopologies.len(), weights: model.weights.clone() };
    balance(&bins, &things)
}

fn thing(model: &Model<'_>, number: usize) -> Thing {
    let task = &model.tasks[number];
    let owners = task.owners.iter().filter(|owner| model.has(**owner, number));
    let owner = owners.map(|owner| model.process_of[*owner]).next();
    let start = task.promised.map(|(process, _)| process).or(owner);
    let mut holders: Vec<(u64, bool, usize)> = Vec::new();
    if task.is_stateful {
        let known = task.lags.iter().filter(|(_, lag)| *lag < LAG_MAX);
        holders.extend(known.map(|(process, lag)| (*lag, !model.has_copy(*process, number), *process)));
        let copies = task.copies.iter().map(|member| model.process_of[*member]);
        holders.extend(copies.filter(|process| task.lag(*process) == LAG_MAX).map(|process| (LAG_MAX, false, process)));
        holders.sort_unstable();
    }
    Thing { group: task.subtopology, start, likes: holders.into_iter().map(|(_, _, process)| process).collect() }
}

/// The process that has the task until it has warmed up where it is planned.
///
/// A copy that has caught up comes before one that has not. If none has, the owner goes on unless the process that is planned has less to
/// restore; what it has restored would be lost.
fn host_until_warm(model: &Model<'_>, number: usize, planned: usize, load: &[u32]) -> usize {
    let task = &model.tasks[number];
    let lag = task.lag(planned);
    if !task.is_stateful || lag == 0 || model.group.settings.max_warmup_replicas == 0 {
        return planned;
    }
    let owner = model.owner(number).map(|owner| model.process_of[owner]);
    let caught_up = task.lags.iter().filter(|(_, lag)| *lag == 0).map(|(process, _)| *process);
    let key = |process: &usize| (owner != Some(*process), !model.has_copy(*process, number), load[*process], *process);
    if let Some(best) = caught_up.min_by_key(key) {
        return best;
    }
    match owner {
        Some(owner) if task.lag(owner) < LAG_MAX && task.lag(owner) <= lag => owner,
        Some(_) => planned,
        // It was revoked to go there.
        None if task.promised.is_some_and(|(promised, _)| promised == planned) => planned,
        None => {
            let best = task.lags.iter().map(|(process, lag)| (*lag, *process)).min();
            best.filter(|(best, _)| *best < lag).map_or(planned, |(_, process)| process)
        }
    }
}

/// The tasks that warm up where they are planned, as many as settings allow; those first that are nearly done.
pub(super) fn warm_ups(model: &Model<'_>, hosts: &[Option<Host>], are_standbys: &[bool]) -> Vec<bool> {
    let interim =
        hosts.iter().enumerate().filter_map(|(task, host)| Some((task, host.filter(|host| host.is_interim())?)));
    let mut waiting: Vec<(Reverse<bool>, u64, usize)> = interim
        .filter(|(task, _)| !are_standbys[*task])
        .map(|(task, host)| (Reverse(model.has_copy(host.planned, task)), model.tasks[task].lag(host.planned), task))
        .collect();
    waiting.sort_unstable();
    let mut warm = vec![false; hosts.len()];
    let count = model.group.settings.max_warmup_replicas as usize;
    waiting.into_iter().take(count).for_each(|(_, _, task)| warm[task] = true);
    warm
}

/// The tasks that are a standby where they are planned already, and need no warm-up: without it they would have too few.
pub(super) fn planned_on_standbys(model: &Model<'_>, hosts: &[Option<Host>]) -> Vec<bool> {
    let replicas = model.group.settings.standby_replicas as usize;
    let is_standby = |(task, host): (usize, &Option<Host>)| {
        let Some(host) = host.filter(|host| host.is_interim()) else { return false };
        let others = model.tasks[task].copies.iter().map(|member| model.process_of[*member]);
        let others = others.filter(|process| *process != host.planned && *process != host.now).count();
        model.has_copy(host.planned, task) && others < replicas
    };
    hosts.iter().enumerate().map(is_standby).collect()
}
