//! Whether a group fits into the one record in which its coordinator keeps it.

/// The size of a group's subscriptions and assignments. The coordinator keeps both in one record of the topic `__consumer_offsets`, whose limit
/// is that of any batch, 1,048,588 bytes by default (`max.message.bytes`).
///
/// # Examples
/// ```
/// use millstream_assign::GroupBytes;
/// assert!(GroupBytes::default().with_member(500, 55).check().is_ok());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupBytes {
    /// How many members there are.
    pub members: u64,
    /// The bytes of all subscriptions.
    pub subscriptions: u64,
    /// The bytes of all assignments.
    pub assignments: u64,
}

/// How large a group may be.
pub const GROUP_BYTES_MAX: u64 = 1_000_000;

impl GroupBytes {
    /// Adds the bytes of a member's subscription and of its assignment.
    #[must_use]
    pub fn with_member(self, subscription: usize, assignment: usize) -> Self {
        Self {
            members: self.members + 1,
            subscriptions: self.subscriptions.saturating_add(subscription as u64),
            assignments: self.assignments.saturating_add(assignment as u64),
        }
    }

    /// All bytes.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.subscriptions.saturating_add(self.assignments)
    }

    /// Checks that the coordinator can keep the group.
    ///
    /// # Errors
    /// If it is too large: then the coordinator would refuse the assignment without naming the reason.
    pub fn check(&self) -> Result<(), GroupTooLarge> {
        if self.total() < GROUP_BYTES_MAX { Ok(()) } else { Err(GroupTooLarge(*self)) }
    }
}

/// A group that its coordinator could not keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the group of {} members needs {} bytes for subscriptions and {} for assignments, and its coordinator keeps less than {GROUP_BYTES_MAX}: \
     use fewer threads, fewer sub-topologies or fewer partitions",
    .0.members, .0.subscriptions, .0.assignments
)]
pub struct GroupTooLarge(
    /// Its size.
    pub GroupBytes,
);
