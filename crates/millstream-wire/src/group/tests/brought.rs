//! An assignor that members bring along in tests.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use millstream_log::{AssignorAssignment, AssignorMember, GroupAssignor};

use super::*;
use crate::group::MemberSettings;
use crate::group::cooperative_sticky::{self, MemberSubscription};
use crate::group::member::Generation;

pub(super) const BROUGHT: &str = "brought";

/// Assigns as `cooperative-sticky` does. The user data of an assignment is that of all subscriptions.
pub(super) struct Brought {
    pub(super) user_data: Mutex<String>,
    pub(super) fails: Arc<AtomicBool>,
}

impl GroupAssignor for Brought {
    fn name(&self) -> &'static str {
        BROUGHT
    }

    fn subscription(&self) -> Vec<u8> {
        self.user_data.lock().unwrap().clone().into_bytes()
    }

    fn assign(
        &self,
        members: &[AssignorMember],
        partitions: &BTreeMap<Topic, u32>,
    ) -> Result<Vec<AssignorAssignment>, String> {
        if self.fails.load(Ordering::Relaxed) {
            return Err("no idea".to_owned());
        }
        let mut all: Vec<_> = members.iter().map(|member| member.user_data.clone()).collect();
        all.sort();
        let subscriptions: Vec<_> = members.iter().map(subscription).collect();
        let assigned = cooperative_sticky::assign(&subscriptions, partitions).into_iter();
        let assignment =
            |member_id: String, partitions| AssignorAssignment { member_id, partitions, user_data: all.join(&b' ') };
        Ok(assigned.map(|(id, partitions)| assignment(id.as_str().to_owned(), partitions)).collect())
    }
}

fn subscription(member: &AssignorMember) -> MemberSubscription {
    MemberSubscription {
        member: member.member_id.as_str().into(),
        topics: member.topics.clone(),
        owned: member.owned.clone(),
        generation: member.generation.and_then(Generation::new),
    }
}

/// The same settings with the assignor, and the assignor.
pub(super) fn with_assignor(
    settings: &MemberSettings,
    user_data: &str,
    fails: &Arc<AtomicBool>,
) -> (MemberSettings, Arc<Brought>) {
    let assignor = Arc::new(Brought { user_data: Mutex::new(user_data.to_owned()), fails: Arc::clone(fails) });
    (MemberSettings { assignor: Some(Arc::clone(&assignor) as _), ..settings.clone() }, assignor)
}
