//! Converts librdkafka's errors to those of the log traits.

use std::time::Duration;

use millstream_log::LogError;
use millstream_types::{Topic, TopicPartition};

use crate::native::{Code, Names, NativeError};

/// The backoff after a retriable error.
pub(crate) const RETRY_AFTER: Duration = Duration::from_millis(100);

impl NativeError {
    /// The error of a client or of a whole request.
    pub(crate) fn into_log_error(self) -> LogError {
        let reason = self.message;
        match self.code {
            Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed
            | Code::DelegationTokenAuthorizationFailed
            | Code::SaslAuthenticationFailed
            | Code::Authentication => LogError::Unauthorised { reason },
            Code::RebalanceInProgress
            | Code::IllegalGeneration
            | Code::StaleMemberEpoch
            | Code::UnstableOffsetCommit => LogError::RebalanceInProgress,
            Code::UnknownMemberId | Code::FencedMemberEpoch | Code::AssignmentLost => LogError::NotAMember,
            Code::InvalidConfig
            | Code::InvalidPartitions
            | Code::InvalidReplicationFactor
            | Code::InvalidReplicaAssignment
            | Code::InvalidTopic
            | Code::InvalidRequest
            | Code::InvalidArgument
            | Code::InvalidGroupId
            | Code::InvalidSessionTimeout
            | Code::InconsistentGroupProtocol
            | Code::OffsetMetadataTooLarge
            | Code::PolicyViolation
            | Code::UnsupportedVersion
            | Code::UnsupportedFeature
            | Code::UnsupportedAssignor
            | Code::UnsupportedSASLMechanism
            | Code::SSL => LogError::Invalid { reason },
            _ => LogError::Unavailable { reason },
        }
    }

    /// The error of a topic.
    pub(crate) fn about_topic(self, topic: &Topic) -> LogError {
        match self.code {
            Code::UnknownTopic | Code::UnknownTopicOrPartition | Code::UnknownTopicId => {
                LogError::UnknownTopic { topic: topic.clone() }
            }
            Code::TopicAlreadyExists => LogError::TopicExists { topic: topic.clone() },
            _ => with_subject(self.into_log_error(), &format!("topic `{topic}`")),
        }
    }

    /// The error of a partition.
    pub(crate) fn about_partition(self, partition: &TopicPartition) -> LogError {
        match self.code {
            Code::UnknownPartition | Code::UnknownTopicOrPartition => {
                LogError::UnknownPartition { partition: partition.clone() }
            }
            Code::UnknownTopic | Code::UnknownTopicId => LogError::UnknownTopic { topic: partition.topic.clone() },
            _ => with_subject(self.into_log_error(), &partition.to_string()),
        }
    }

    /// The error of a whole client.
    pub(crate) fn about_client(self, names: &Names) -> LogError {
        match self.code {
            Code::FencedInstanceId | Code::UnreleasedInstanceId | Code::Fenced => {
                LogError::Fenced { identity: names.identity.clone() }
            }
            Code::GroupAuthorizationFailed => self.about_group(&names.group),
            _ => self.into_log_error(),
        }
    }

    /// The error of a group.
    pub(crate) fn about_group(self, group: &str) -> LogError {
        with_subject(self.into_log_error(), &format!("group `{group}`"))
    }

    /// Whether the request has timed out.
    pub(crate) fn is_timeout(&self) -> bool {
        matches!(self.code, Code::RequestTimedOut | Code::OperationTimedOut | Code::TimedOutQueue)
    }

    /// Whether the request may succeed when repeated.
    pub(crate) fn is_retriable(&self) -> bool {
        matches!(
            self.code,
            Code::LeaderNotAvailable
                | Code::NotLeaderForPartition
                | Code::RequestTimedOut
                | Code::OperationTimedOut
                | Code::TimedOutQueue
                | Code::BrokerNotAvailable
                | Code::ReplicaNotAvailable
                | Code::BrokerTransportFailure
                | Code::AllBrokersDown
                | Code::NetworkException
                | Code::CoordinatorLoadInProgress
                | Code::CoordinatorNotAvailable
                | Code::NotCoordinator
                | Code::WaitingForCoordinator
                | Code::UnstableOffsetCommit
                | Code::OffsetNotAvailable
                | Code::FencedLeaderEpoch
                | Code::UnknownLeaderEpoch
                | Code::KafkaStorageError
                | Code::ThrottlingQuotaExceeded
                | Code::Resolve
        )
    }
}

/// Adds the subject to the error's text.
fn with_subject(error: LogError, subject: &str) -> LogError {
    match error {
        LogError::Unauthorised { reason } => LogError::Unauthorised { reason: format!("{subject}: {reason}") },
        LogError::Invalid { reason } => LogError::Invalid { reason: format!("{subject}: {reason}") },
        LogError::Unavailable { reason } => LogError::Unavailable { reason: format!("{subject}: {reason}") },
        other => other,
    }
}
