//! A request as it came.

use millstream_protocol::{Reader, Request, response_frame};

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) broker: i32,
    pub(crate) api: i16,
    pub(crate) version: i16,
    pub(crate) body: Vec<u8>,
}

impl Call {
    /// The request. `R` must be its type.
    pub(crate) fn read<R: Request>(&self) -> (R, i16) {
        (R::read(&mut Reader::new(&self.body), self.version).expect("a request that can be read"), self.version)
    }

    pub(super) fn frame<R: Request>(&self, response: &R::Response, correlation: i32) -> Vec<u8> {
        response_frame::<R>(response, self.version, correlation).expect("a response that can be written")
    }
}
