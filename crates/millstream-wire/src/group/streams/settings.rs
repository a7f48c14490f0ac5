//! Compares the settings of a group that the brokers keep with those of the application.

use std::collections::BTreeMap;
use std::sync::Arc;

use millstream_log::{LogError, StreamsGroup, StreamsGroupSetting};
use millstream_protocol::ErrorCode;
use millstream_protocol::messages::describe_configs::{DescribeConfigsRequest, DescribeConfigsRequestResource};

use super::refusal::no_streams_groups;
use crate::client::{Cluster, about_group};

/// The number of groups among resources with settings.
const GROUP: i8 = 32;

/// Looks up the settings of the group, and compares them.
///
/// # Errors
/// When one differs, or they cannot be looked up; retriable if a repetition may succeed.
pub(super) async fn check(cluster: Cluster, group_id: String, group: Arc<StreamsGroup>) -> Result<(), LogError> {
    if group.settings.is_empty() {
        return Ok(());
    }
    let resource = DescribeConfigsRequestResource {
        resource_type: GROUP,
        resource_name: group_id.clone(),
        configuration_keys: Some(group.settings.iter().map(|setting| setting.name.to_owned()).collect()),
    };
    let request = DescribeConfigsRequest { resources: vec![resource], ..Default::default() };
    let response = cluster.any(move |_| request.clone()).await?;
    let Some(result) = response.results.into_iter().next() else {
        return Err(LogError::Unavailable {
            reason: format!("the settings of the group `{group_id}` have no response"),
        });
    };
    match ErrorCode(result.error_code) {
        ErrorCode::NONE => {}
        // Brokers before 4.0 know no settings of groups.
        ErrorCode::INVALID_REQUEST => {
            return Err(no_streams_groups(&group_id, &result.error_message.unwrap_or_default()));
        }
        error => return Err(about_group(error, &result.error_message.unwrap_or_default(), &group_id)),
    }
    let found: BTreeMap<String, String> =
        result.configs.into_iter().filter_map(|config| Some((config.name, config.value?))).collect();
    if found.is_empty() {
        return Err(no_streams_groups(&group_id, "the brokers know no settings of such groups"));
    }
    let differing = group.settings.iter().find(|setting| match found.get(setting.name) {
        Some(value) => *value != setting.value,
        None => !setting.is_default,
    });
    match differing {
        None => Ok(()),
        Some(setting) => Err(differs(&group_id, setting, found.get(setting.name))),
    }
}

fn differs(group: &str, setting: &StreamsGroupSetting, found: Option<&String>) -> LogError {
    let StreamsGroupSetting { name, set_by, value, .. } = setting;
    let reason = match found {
        Some(found) => format!(
            "`{set_by}` stands for `{name}` = `{value}`, and the group `{group}` has `{found}`. In a streams group the brokers keep \
             this setting: set it there with `kafka-configs.sh --bootstrap-server HOST:PORT --alter --entity-type groups \
             --entity-name {group} --add-config {name}={value}`, or change `{set_by}`"
        ),
        None => format!(
            "`{set_by}` stands for `{name}` = `{value}`, and the brokers do not know that setting of streams groups; leave \
             `{set_by}` at its default, update the brokers, or set `group_protocol` to `Classic`"
        ),
    };
    LogError::Invalid { reason }
}
