//! Which process answers the queries for a task.

use std::collections::BTreeMap;

use millstream_types::TaskId;

/// Where the tasks of the group are: the `application_server` of the process that has the active task, and of those with standbys.
///
/// # Examples
/// ```
/// use millstream_assign::RoutingTable;
/// use millstream_types::TaskId;
///
/// let mut table = RoutingTable::default();
/// table.insert_active(TaskId::new(0, 3), "a:80");
/// table.insert_standby(TaskId::new(0, 3), "b:80");
/// assert_eq!(table.active(TaskId::new(0, 3)), Some("a:80"));
/// assert_eq!(table.standbys(TaskId::new(0, 3)).collect::<Vec<_>>(), ["b:80"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoutingTable {
    servers: Vec<String>,
    active: BTreeMap<TaskId, u32>,
    standbys: BTreeMap<TaskId, Vec<u32>>,
}

/// How much of the table the leader could send. A large group has no room for all of it in the one record where its coordinator keeps the group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoutingDetail {
    /// Active tasks and standbys.
    #[default]
    All,
    /// Active tasks only.
    Active,
    /// Nothing: a process knows only where its own tasks are.
    None,
}

impl RoutingTable {
    /// What is left of the table with this detail.
    #[must_use]
    pub fn with_detail(&self, detail: RoutingDetail) -> Self {
        match detail {
            RoutingDetail::All => self.clone(),
            RoutingDetail::Active => Self { standbys: BTreeMap::new(), ..self.clone() },
            RoutingDetail::None => Self::default(),
        }
    }

    /// The process that has the active task; `None` if none has, or it has no `application_server`.
    #[must_use]
    pub fn active(&self, task: TaskId) -> Option<&str> {
        self.active.get(&task).and_then(|server| self.server(*server))
    }

    /// The processes that have standbys of the task.
    pub fn standbys(&self, task: TaskId) -> impl Iterator<Item = &str> {
        self.standbys.get(&task).into_iter().flatten().filter_map(|server| self.server(*server))
    }

    /// All servers, in the order of their names.
    pub fn servers(&self) -> impl Iterator<Item = &str> {
        self.servers.iter().map(String::as_str)
    }

    /// The active tasks, in their order, with their servers.
    pub fn iter_active(&self) -> impl Iterator<Item = (TaskId, &str)> {
        self.active.iter().filter_map(|(task, server)| Some((*task, self.server(*server)?)))
    }

    /// The standbys, in the order of their tasks, with their servers.
    pub fn iter_standbys(&self) -> impl Iterator<Item = (TaskId, &str)> {
        let standbys = self.standbys.iter().flat_map(|(task, servers)| servers.iter().map(|server| (*task, *server)));
        standbys.filter_map(|(task, server)| Some((task, self.server(server)?)))
    }

    /// Whether no task is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.active.is_empty() && self.standbys.is_empty()
    }

    /// Says that the server has the active task.
    pub fn insert_active(&mut self, task: TaskId, server: &str) {
        let number = self.number(server);
        self.active.insert(task, number);
    }

    /// Says that the server has a standby of the task.
    pub fn insert_standby(&mut self, task: TaskId, server: &str) {
        let number = self.number(server);
        let standbys = self.standbys.entry(task).or_default();
        if let Err(at) = standbys.binary_search(&number) {
            standbys.insert(at, number);
        }
    }

    /// The same table with other numbers of sub-topologies; tasks without one are left out.
    #[must_use]
    pub fn renumbered(&self, number_of: impl Fn(u32) -> Option<u32>) -> Self {
        let task_of = |task: TaskId| number_of(task.subtopology).map(|number| TaskId { subtopology: number, ..task });
        let mut table = Self { servers: self.servers.clone(), ..Self::default() };
        table.active = self.active.iter().filter_map(|(task, at)| Some((task_of(*task)?, *at))).collect();
        table.standbys = self.standbys.iter().filter_map(|(task, at)| Some((task_of(*task)?, at.clone()))).collect();
        table
    }

    /// Makes the servers known, which makes it cheaper to add tasks.
    pub(crate) fn add_servers<'a>(&mut self, servers: impl IntoIterator<Item = &'a String>) {
        servers.into_iter().for_each(|server| _ = self.number(server));
    }

    fn server(&self, number: u32) -> Option<&str> {
        self.servers.get(number as usize).map(String::as_str)
    }

    /// The number of a server, which is its place in the order of names.
    fn number(&mut self, server: &str) -> u32 {
        match self.servers.binary_search_by(|known| known.as_str().cmp(server)) {
            Ok(at) => at as u32,
            Err(at) => {
                self.servers.insert(at, server.to_owned());
                let numbers = self.active.values_mut().chain(self.standbys.values_mut().flatten());
                numbers.filter(|number| **number as usize >= at).for_each(|number| *number += 1);
                at as u32
            }
        }
    }
}
