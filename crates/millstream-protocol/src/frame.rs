//! Whole requests and responses: a size, a header and a body.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Data, Message, Request};
use crate::messages::flexible_from;
use crate::wire::{Lengths, Reader, Writer};

/// `ApiVersions`: a client reads its response before it knows what the broker understands, so the header never changes.
const API_VERSIONS: i16 = 18;

/// Encodes a whole frame: size, header v1 or v2 (by flexibility), body.
///
/// # Errors
/// When the version is not supported, cannot carry a field's value, or something is too long.
pub fn request_frame<R: Request>(
    request: &R,
    version: i16,
    correlation: i32,
    client_id: &str,
) -> Result<Vec<u8>, EncodeError> {
    let mut out = Writer::new();
    out.int32(0);
    out.int16(R::API_KEY);
    out.int16(version);
    out.int32(correlation);
    out.string(Lengths::Fixed, client_id, "RequestHeader.client_id")?;
    if version >= R::FLEXIBLE_FROM {
        out.no_tagged_fields();
    }
    request.write(&mut out, version)?;
    with_size(out)
}

/// Decodes the body of a response frame behind its size: checks the header (v0/v1; `ApiVersions` always v0) and returns
/// the correlation id and the body. Bytes behind the body are ignored.
///
/// # Errors
/// When the version is not supported or the bytes are no such response.
pub fn read_response<R: Request>(frame: &[u8], version: i16) -> Result<(i32, R::Response), DecodeError> {
    let mut input = Reader::new(frame);
    let correlation = input.int32("ResponseHeader.correlation_id")?;
    if has_tagged_response_header::<R>(version) {
        input.skip_tagged_fields("ResponseHeader")?;
    }
    let response = R::Response::read(&mut input, version)?;
    Ok((correlation, response))
}

/// Reads the header of a request frame behind its size, as a broker does: the API's key, the version, the correlation
/// id, the client id, and the body.
///
/// # Errors
/// When the bytes are no header, or there is no API with that key.
pub fn read_request_header(frame: &[u8]) -> Result<(i16, i16, i32, Option<&str>, &[u8]), DecodeError> {
    let mut input = Reader::new(frame);
    let api_key = input.int16("RequestHeader.request_api_key")?;
    let version = input.int16("RequestHeader.request_api_version")?;
    let correlation = input.int32("RequestHeader.correlation_id")?;
    let client_id = input.nullable_str(Lengths::Fixed, "RequestHeader.client_id")?;
    if version >= flexible_from(api_key).ok_or(DecodeError::UnknownApi { api_key })? {
        input.skip_tagged_fields("RequestHeader")?;
    }
    Ok((api_key, version, correlation, client_id, input.rest()))
}

/// Encodes a whole response, as a broker does: size, header, body.
///
/// # Errors
/// When the version is not supported, cannot carry a field's value, or something is too long.
pub fn response_frame<R: Request>(
    response: &R::Response,
    version: i16,
    correlation: i32,
) -> Result<Vec<u8>, EncodeError> {
    let mut out = Writer::new();
    out.int32(0);
    out.int32(correlation);
    if has_tagged_response_header::<R>(version) {
        out.no_tagged_fields();
    }
    response.write(&mut out, version)?;
    with_size(out)
}

/// Encodes data with its version before it, as consumers do with what they tell each other.
///
/// # Errors
/// When the version is not supported, cannot carry a field's value, or something is too long.
pub fn data_bytes<D: Data>(data: &D, version: i16) -> Result<Vec<u8>, EncodeError> {
    let mut out = Writer::new();
    out.int16(version);
    data.write(&mut out, version)?;
    Ok(out.into_bytes())
}

/// Decodes data with its version before it. A version newer than those known is read as the newest: Kafka promises that
/// newer versions only add fields at the end.
///
/// # Errors
/// When the version is older than the oldest or the bytes are no such data.
pub fn read_data<D: Data>(bytes: &[u8]) -> Result<(i16, D), DecodeError> {
    let mut input = Reader::new(bytes);
    let version = input.int16(D::NAME)?;
    Ok((version, D::read(&mut input, version.min(D::NEWEST))?))
}

fn has_tagged_response_header<R: Request>(version: i16) -> bool {
    version >= R::FLEXIBLE_FROM && R::API_KEY != API_VERSIONS
}

/// Puts the size of what is behind it into the first four bytes.
fn with_size(out: Writer) -> Result<Vec<u8>, EncodeError> {
    let mut bytes = out.into_bytes();
    let length = bytes.len() - 4;
    let size = i32::try_from(length).map_err(|_| EncodeError::TooLong { field: "the frame", length })?;
    bytes[..4].copy_from_slice(&size.to_be_bytes());
    Ok(bytes)
}
