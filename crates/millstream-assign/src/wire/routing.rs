//! The bytes of a routing table: names that share their beginnings, and a few bits a task.

use std::collections::BTreeMap;

use millstream_types::TaskId;

use super::error::DecodeError;
use super::reader::Reader;
use super::task_set::advance;
use super::writer::Writer;
use crate::assignor::TASKS_MAX;
use crate::routing_table::RoutingTable;

const WHAT: &str = "the routing table";

/// The longest name of a server, and all of them together. Longer ones are not written.
const NAME_BYTES_MAX: usize = 300;
const NAMES_BYTES_MAX: usize = 4 << 20;

/// Servers by task: the place of the server in the list of servers.
type Layer = BTreeMap<TaskId, u32>;

pub(super) fn write(to: &mut Writer, table: &RoutingTable) {
    let mut total = 0;
    let fits = |server: &&str| {
        total += server.len().min(NAME_BYTES_MAX);
        server.len() <= NAME_BYTES_MAX && total <= NAMES_BYTES_MAX
    };
    let servers: Vec<&str> = table.servers().filter(fits).collect();
    to.count(servers.len());
    let mut before = "";
    for server in &servers {
        let shared = before.bytes().zip(server.bytes()).take_while(|(one, other)| one == other).count();
        to.count(shared);
        to.count(server.len() - shared);
        to.bytes.extend(&server.as_bytes()[shared..]);
        before = server;
    }
    if servers.is_empty() {
        return;
    }
    let place = |server: &str| servers.binary_search(&server).ok().map(|at| at as u32);
    let active = table.iter_active().filter_map(|(task, server)| Some((task, place(server)?))).collect();
    let mut layers: Vec<Layer> = vec![active];
    let mut previous = None;
    let mut level = 0;
    for (task, server) in table.iter_standbys() {
        level = if previous == Some(task) { level + 1 } else { 1 };
        previous = Some(task);
        if layers.len() == level {
            layers.push(Layer::new());
        }
        layers[level].extend(place(server).map(|at| (task, at)));
    }
    to.count(layers.len());
    layers.iter().for_each(|layer| write_layer(to, layer, bits_for(servers.len())));
}

/// How many bits a place among `servers`, or none, has.
fn bits_for(servers: usize) -> u32 {
    usize::BITS - servers.leading_zeros()
}

/// For each sub-topology its distance from the one before, the number of partitions up to the last one that is known, and their servers in
/// `bits` bits each, the lowest bits first; 0 is none.
fn write_layer(to: &mut Writer, layer: &Layer, bits: u32) {
    let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (task, server) in layer.iter().filter(|(task, _)| u64::from(task.partition.number()) < TASKS_MAX) {
        let servers = groups.entry(task.subtopology).or_default();
        servers.resize(task.partition.index(), 0);
        servers.push(server + 1);
    }
    to.count(groups.len());
    let mut next = 0;
    for (number, servers) in groups {
        to.number(u64::from(number) - next);
        next = u64::from(number) + 1;
        to.count(servers.len());
        let (mut waiting, mut count) = (0_u64, 0);
        for server in servers {
            waiting |= u64::from(server) << count;
            count += bits;
            while count >= 8 {
                to.bytes.push(waiting as u8);
                waiting >>= 8;
                count -= 8;
            }
        }
        if count > 0 {
            to.bytes.push(waiting as u8);
        }
    }
}

pub(super) fn read(from: &mut Reader<'_>) -> Result<RoutingTable, DecodeError> {
    let mut table = RoutingTable::default();
    let servers = read_servers(from)?;
    if servers.is_empty() {
        return Ok(table);
    }
    table.add_servers(&servers);
    let mut total = 0;
    for level in 0..from.count(1, WHAT)? {
        for (task, server) in read_layer(from, bits_for(servers.len()), &mut total)? {
            let server = servers.get(server as usize).ok_or(DecodeError::Malformed(WHAT))?;
            if level == 0 { table.insert_active(task, server) } else { table.insert_standby(task, server) }
        }
    }
    Ok(table)
}

/// Names in ascending order. A few bytes can stand for a long name, so their length is limited.
fn read_servers(from: &mut Reader<'_>) -> Result<Vec<String>, DecodeError> {
    let (mut servers, mut total) = (Vec::<String>::new(), 0);
    for _ in 0..from.count(2, WHAT)? {
        let before = servers.last().map(String::as_bytes).unwrap_or_default();
        let shared: usize = from.number(WHAT)?;
        let mut name = before.get(..shared).ok_or(DecodeError::Malformed(WHAT))?.to_vec();
        let length = from.count(1, WHAT)?;
        name.extend(from.take(length, WHAT)?);
        let is_first = servers.is_empty();
        total += name.len();
        if name.len() > NAME_BYTES_MAX || total > NAMES_BYTES_MAX || (!is_first && name.as_slice() <= before) {
            return Err(DecodeError::Malformed(WHAT));
        }
        servers.push(String::from_utf8(name).map_err(|_| DecodeError::Malformed(WHAT))?);
    }
    Ok(servers)
}

fn read_layer(from: &mut Reader<'_>, bits: u32, total: &mut u64) -> Result<Vec<(TaskId, u32)>, DecodeError> {
    let mut layer = Vec::new();
    let mut next = 0;
    for _ in 0..from.count(2, WHAT)? {
        let number = advance(from, next, WHAT)?;
        next = u64::from(number) + 1;
        let partitions: u32 = from.number(WHAT)?;
        *total += u64::from(partitions);
        if u64::from(partitions) > TASKS_MAX || *total > 4 * TASKS_MAX {
            return Err(DecodeError::TooMany("tasks in the routing table"));
        }
        let packed = from.take((partitions as usize * bits as usize).div_ceil(8), WHAT)?;
        let (mut packed, mut waiting, mut count) = (packed.iter(), 0_u64, 0);
        for partition in 0..partitions {
            while count < bits {
                waiting |= u64::from(*packed.next().ok_or(DecodeError::Truncated(WHAT))?) << count;
                count += 8;
            }
            let server = (waiting & ((1 << bits) - 1)) as u32;
            waiting >>= bits;
            count -= bits;
            layer.extend(server.checked_sub(1).map(|server| (TaskId::new(number, partition), server)));
        }
    }
    Ok(layer)
}
