//! The bytes of an assignment.

use std::sync::Arc;
use std::time::Duration;

use super::error::DecodeError;
use super::header;
use super::reader::Reader;
use super::subscription::digests;
use super::writer::Writer;
use super::{promises, routing, task_set};
use crate::assignment::MemberTasks;
use crate::assignment_data::{AssignmentData, Numbering, Outcome, Rejoin};
use crate::routing_table::{RoutingDetail, RoutingTable};

impl AssignmentData {
    /// The bytes, in the newest version.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.encode_with(&encode_routing(&self.routing))
    }

    /// The bytes with those of a routing table that many assignments share.
    pub(crate) fn encode_with(&self, routing: &[u8]) -> Vec<u8> {
        let mut to = Writer::default();
        header::write(&mut to);
        match self.outcome {
            Outcome::Assigned => to.number(0_u8),
            Outcome::UseVersion(version) => {
                to.number(1_u8);
                to.number(version);
            }
            Outcome::TopologyUnknown => to.number(2_u8),
            Outcome::SourceTopicsMissing => to.number(3_u8),
            Outcome::Failed => to.number(4_u8),
        }
        match self.rejoin {
            Rejoin::None => to.number(0_u8),
            Rejoin::AtOnce => to.number(1_u8),
            Rejoin::After(delay) => {
                to.number(2_u8);
                to.number(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
            }
        }
        match &self.numbering {
            Numbering::Own => to.number(0_u8),
            Numbering::Leader(digests) => {
                to.number(1_u8);
                to.count(digests.len());
                digests.iter().for_each(|digest| to.bytes.extend(digest.bits().to_be_bytes()));
            }
        }
        task_set::write(&mut to, &self.tasks.active);
        task_set::write(&mut to, &self.tasks.standby);
        task_set::write(&mut to, &self.tasks.warm_up);
        promises::write(&mut to, &self.tasks.promised);
        to.number(match self.routing_detail {
            RoutingDetail::All => 0_u8,
            RoutingDetail::Active => 1,
            RoutingDetail::None => 2,
        });
        to.bytes.extend_from_slice(routing);
        to.bytes
    }

    /// Reads the bytes.
    ///
    /// # Errors
    /// If they are of a version that cannot be read, or damaged.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let from = &mut Reader::new(bytes);
        let rest = header::read(from)?;
        let outcome = match from.number("the outcome")? {
            0_u32 => Outcome::Assigned,
            1 => Outcome::UseVersion(from.number("the version to use")?),
            2 => Outcome::TopologyUnknown,
            3 => Outcome::SourceTopicsMissing,
            4 => Outcome::Failed,
            _ => return Err(DecodeError::Malformed("the outcome")),
        };
        let rejoin = match from.number("when to rejoin")? {
            0_u32 => Rejoin::None,
            1 => Rejoin::AtOnce,
            2 => Rejoin::After(Duration::from_millis(from.number("when to rejoin")?)),
            _ => return Err(DecodeError::Malformed("when to rejoin")),
        };
        let numbering = match from.number("the numbering")? {
            0_u32 => Numbering::Own,
            1 => Numbering::Leader(digests(from)?),
            _ => return Err(DecodeError::Malformed("the numbering")),
        };
        let tasks = MemberTasks {
            active: task_set::read(from, "the active tasks")?,
            standby: task_set::read(from, "the standbys")?,
            warm_up: task_set::read(from, "the warm-ups")?,
            promised: promises::read(from)?,
        };
        let routing_detail = match from.number("the routing table")? {
            0_u32 => RoutingDetail::All,
            1 => RoutingDetail::Active,
            2 => RoutingDetail::None,
            _ => return Err(DecodeError::Malformed("the routing table")),
        };
        let routing = Arc::new(routing::read(from)?);
        rest.check(from)?;
        Ok(Self { outcome, rejoin, numbering, tasks, routing, routing_detail })
    }
}

/// The bytes of a routing table, the end of those of an assignment.
pub(crate) fn encode_routing(table: &RoutingTable) -> Vec<u8> {
    let mut to = Writer::default();
    routing::write(&mut to, table);
    to.bytes
}
