//! Writes requests.

/// A kind of request in the version in which it is written here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Api {
    pub(crate) key: i16,
    pub(crate) version: i16,
    /// Whether its headers end in a section of tagged fields.
    pub(crate) is_flexible: bool,
}

/// A request that is being written.
pub(crate) struct Question(Vec<u8>);

/// How many bytes the frame's size takes.
const SIZE: usize = 4;

impl Question {
    /// A request with its header. The answer repeats `correlation`.
    pub(crate) fn new(api: Api, correlation: i32, client_id: &str) -> Self {
        let mut question = Self(vec![0; SIZE]);
        question.int16(api.key).int16(api.version).int32(correlation).string(client_id);
        if api.is_flexible {
            question.no_tags();
        }
        question
    }

    /// The frame.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        let size = u32::try_from(self.0.len() - SIZE).unwrap_or(u32::MAX);
        self.0[..SIZE].copy_from_slice(&size.to_be_bytes());
        self.0
    }

    pub(crate) fn int8(&mut self, value: i8) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn int16(&mut self, value: i16) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn int32(&mut self, value: i32) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn int64(&mut self, value: i64) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    /// How many elements follow.
    pub(crate) fn count(&mut self, count: usize) -> &mut Self {
        self.uvarint(count as u64 + 1)
    }

    pub(crate) fn compact_string(&mut self, text: &str) -> &mut Self {
        self.count(text.len()).bytes(text.as_bytes())
    }

    /// A structure ends here.
    pub(crate) fn no_tags(&mut self) -> &mut Self {
        self.uvarint(0)
    }

    /// A text as headers have it, of which no more than 32 KiB go into the frame.
    fn string(&mut self, text: &str) -> &mut Self {
        let length = i16::try_from(text.len()).unwrap_or(i16::MAX);
        self.int16(length).bytes(&text.as_bytes()[..length as usize])
    }

    fn uvarint(&mut self, mut value: u64) -> &mut Self {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
        self
    }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }
}
