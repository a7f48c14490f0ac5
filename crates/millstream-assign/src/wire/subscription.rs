//! The bytes of a subscription.

use super::error::DecodeError;
use super::header;
use super::reader::Reader;
use super::writer::Writer;
use super::{promises, report, task_set};
use crate::identity::{Digest, ProcessId};
use crate::subscription_data::SubscriptionData;

impl SubscriptionData {
    /// The bytes, in the newest version.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut to = Writer::default();
        header::write(&mut to);
        to.bytes.extend(self.process.bits().to_be_bytes());
        to.count(self.subtopologies.len());
        self.subtopologies.iter().for_each(|digest| to.bytes.extend(digest.bits().to_be_bytes()));
        task_set::write(&mut to, &self.active);
        task_set::write(&mut to, &self.standby);
        promises::write(&mut to, &self.promised);
        to.number(u8::from(self.report.is_some()));
        if let Some(report) = &self.report {
            report::write(&mut to, report);
        }
        to.bytes
    }

    /// Reads the bytes.
    ///
    /// # Errors
    /// If they are of a version that cannot be read, or damaged.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let from = &mut Reader::new(bytes);
        let rest = header::read(from)?;
        let process = ProcessId::new(u128::from_be_bytes(from.array("the process id")?));
        let subtopologies = digests(from)?;
        let active = task_set::read(from, "the active tasks")?;
        let standby = task_set::read(from, "the standbys")?;
        let promised = promises::read(from)?;
        let report = match from.number("the report")? {
            0_u8 => None,
            1 => Some(report::read(from)?),
            _ => return Err(DecodeError::Malformed("the report")),
        };
        rest.check(from)?;
        Ok(Self { process, subtopologies, active, standby, promised, report })
    }
}

/// A count of digests, and the digests.
pub(super) fn digests(from: &mut Reader<'_>) -> Result<Vec<Digest>, DecodeError> {
    const WHAT: &str = "the digests";
    (0..from.count(8, WHAT)?).map(|_| Ok(Digest::new(u64::from_be_bytes(from.array(WHAT)?)))).collect()
}
