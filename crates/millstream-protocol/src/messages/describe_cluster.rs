//! `DescribeCluster` (key 60, versions 0 to 1): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for DescribeClusterRequest {
    type Response = DescribeClusterResponse;
    const API_KEY: i16 = 60;
    const NAME: &'static str = "DescribeCluster";
    const OLDEST: i16 = 0;
    const NEWEST: i16 = 1;
    const FLEXIBLE_FROM: i16 = 0;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `DescribeClusterRequest` of Kafka, versions 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeClusterRequest {
    /// `IncludeClusterAuthorizedOperations`: `bool`.
    pub include_cluster_authorized_operations: bool,
    /// `EndpointType`: `int8`, `1` by default; version 1 (an error in others, unless it has its default).
    pub endpoint_type: i8,
}

impl Default for DescribeClusterRequest {
    fn default() -> Self {
        Self { include_cluster_authorized_operations: false, endpoint_type: 1 }
    }
}

impl Message for DescribeClusterRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(0..=1).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "DescribeClusterRequest", version });
        }
        out.bool(self.include_cluster_authorized_operations);
        if version >= 1 {
            out.int8(self.endpoint_type);
        } else if self.endpoint_type != 1 {
            return Err(EncodeError::NotInVersion { field: "DescribeClusterRequest.endpoint_type", version });
        }
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(0..=1).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "DescribeClusterRequest", version });
        }
        let value = Self {
            include_cluster_authorized_operations: input
                .bool("DescribeClusterRequest.include_cluster_authorized_operations")?,
            endpoint_type: if version >= 1 { input.int8("DescribeClusterRequest.endpoint_type")? } else { 1 },
        };
        input.skip_tagged_fields("DescribeClusterRequest")?;
        Ok(value)
    }
}

/// `DescribeClusterResponse` of Kafka, versions 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeClusterResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
    /// `ErrorMessage`: string or null, null by default.
    pub error_message: Option<String>,
    /// `EndpointType`: `int8`, `1` by default; version 1 (an error in others, unless it has its default).
    pub endpoint_type: i8,
    /// `ClusterId`: string.
    pub cluster_id: String,
    /// `ControllerId`: `int32`, `-1` by default.
    pub controller_id: i32,
    /// `Brokers`: array of [`DescribeClusterResponseBroker`].
    pub brokers: Vec<DescribeClusterResponseBroker>,
    /// `ClusterAuthorizedOperations`: `int32`, `i32::MIN` by default.
    pub cluster_authorized_operations: i32,
}

impl Default for DescribeClusterResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: None,
            endpoint_type: 1,
            cluster_id: String::new(),
            controller_id: -1,
            brokers: Vec::new(),
            cluster_authorized_operations: i32::MIN,
        }
    }
}

impl Message for DescribeClusterResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(0..=1).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "DescribeClusterResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.int16(self.error_code);
        out.nullable_string(Lengths::Compact, self.error_message.as_deref(), "DescribeClusterResponse.error_message")?;
        if version >= 1 {
            out.int8(self.endpoint_type);
        } else if self.endpoint_type != 1 {
            return Err(EncodeError::NotInVersion { field: "DescribeClusterResponse.endpoint_type", version });
        }
        out.string(Lengths::Compact, &self.cluster_id, "DescribeClusterResponse.cluster_id")?;
        out.int32(self.controller_id);
        out.array(Lengths::Compact, &self.brokers, "DescribeClusterResponse.brokers", |out, each| {
            each.write(out, version)
        })?;
        out.int32(self.cluster_authorized_operations);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(0..=1).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "DescribeClusterResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("DescribeClusterResponse.throttle_time_ms")?,
            error_code: input.int16("DescribeClusterResponse.error_code")?,
            error_message: input.nullable_string(Lengths::Compact, "DescribeClusterResponse.error_message")?,
            endpoint_type: if version >= 1 { input.int8("DescribeClusterResponse.endpoint_type")? } else { 1 },
            cluster_id: input.string(Lengths::Compact, "DescribeClusterResponse.cluster_id")?,
            controller_id: input.int32("DescribeClusterResponse.controller_id")?,
            brokers: input.array(Lengths::Compact, "DescribeClusterResponse.brokers", 11, |input| {
                DescribeClusterResponseBroker::read(input, version)
            })?,
            cluster_authorized_operations: input.int32("DescribeClusterResponse.cluster_authorized_operations")?,
        };
        input.skip_tagged_fields("DescribeClusterResponse")?;
        Ok(value)
    }
}

/// A part of [`DescribeClusterResponse`], versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeClusterResponseBroker {
    /// `BrokerId`: `int32`.
    pub broker_id: i32,
    /// `Host`: string.
    pub host: String,
    /// `Port`: `int32`.
    pub port: i32,
    /// `Rack`: string or null, null by default.
    pub rack: Option<String>,
}

impl Message for DescribeClusterResponseBroker {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.int32(self.broker_id);
        out.string(Lengths::Compact, &self.host, "DescribeClusterResponseBroker.host")?;
        out.int32(self.port);
        out.nullable_string(Lengths::Compact, self.rack.as_deref(), "DescribeClusterResponseBroker.rack")?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            broker_id: input.int32("DescribeClusterResponseBroker.broker_id")?,
            host: input.string(Lengths::Compact, "DescribeClusterResponseBroker.host")?,
            port: input.int32("DescribeClusterResponseBroker.port")?,
            rack: input.nullable_string(Lengths::Compact, "DescribeClusterResponseBroker.rack")?,
        };
        input.skip_tagged_fields("DescribeClusterResponseBroker")?;
        Ok(value)
    }
}
