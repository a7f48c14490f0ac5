//! The encoding of requests and responses, straight from KIP-482.

/// A request or a batch that is read. Invalid bytes end the test's broker.
pub(super) struct Reading<'a>(pub(super) &'a [u8]);

impl<'a> Reading<'a> {
    pub(super) fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        self.take(N).try_into().unwrap()
    }

    pub(super) fn int8(&mut self) -> i8 {
        i8::from_be_bytes(self.array())
    }

    pub(super) fn int16(&mut self) -> i16 {
        i16::from_be_bytes(self.array())
    }

    pub(super) fn int32(&mut self) -> i32 {
        i32::from_be_bytes(self.array())
    }

    pub(super) fn int64(&mut self) -> i64 {
        i64::from_be_bytes(self.array())
    }

    fn uvarint(&mut self) -> usize {
        let byte = usize::from(self.take(1)[0]);
        if byte < 0x80 { byte } else { (byte & 0x7f) | self.uvarint() << 7 }
    }

    /// The count of an array, or the length of a text, that is not null.
    pub(super) fn count(&mut self) -> usize {
        self.uvarint().checked_sub(1).expect("nothing in a request is null")
    }

    pub(super) fn text(&mut self) -> String {
        let length = self.count();
        String::from_utf8(self.take(length).to_vec()).unwrap()
    }

    /// A text that is null.
    pub(super) fn null(&mut self) {
        assert_eq!(self.uvarint(), 0, "something where there should be nothing");
    }

    /// A number of a record, with its sign in the lowest bit.
    pub(super) fn varint(&mut self) -> i64 {
        let folded = self.uvarint() as u64;
        (folded >> 1) as i64 ^ -((folded & 1) as i64)
    }

    /// A record's key, value, or part of a header.
    pub(super) fn nullable(&mut self) -> Option<Vec<u8>> {
        let length = self.varint();
        (length != -1).then(|| self.take(length as usize).to_vec())
    }

    /// The end of a structure, to which a reader has nothing to add.
    pub(super) fn no_tags(&mut self) {
        assert_eq!(self.uvarint(), 0, "tagged fields");
    }
}

/// A response that is written.
#[derive(Default)]
pub(super) struct Writing {
    pub(super) bytes: Vec<u8>,
    pub(super) has_unknown_tags: bool,
}

impl Writing {
    pub(super) fn put(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.bytes.extend_from_slice(bytes.as_ref());
        self
    }

    pub(super) fn int16(&mut self, value: i16) -> &mut Self {
        self.put(value.to_be_bytes())
    }

    pub(super) fn int32(&mut self, value: i32) -> &mut Self {
        self.put(value.to_be_bytes())
    }

    pub(super) fn int64(&mut self, value: i64) -> &mut Self {
        self.put(value.to_be_bytes())
    }

    fn uvarint(&mut self, value: usize) -> &mut Self {
        if value < 0x80 { self.put([value as u8]) } else { self.put([value as u8 | 0x80]).uvarint(value >> 7) }
    }

    pub(super) fn count(&mut self, count: usize) -> &mut Self {
        self.uvarint(count + 1)
    }

    pub(super) fn null(&mut self) -> &mut Self {
        self.uvarint(0)
    }

    /// A text, or bytes.
    pub(super) fn compact(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.count(bytes.as_ref().len()).put(bytes)
    }

    /// The end of a structure, perhaps with a field 0.
    pub(super) fn tags(&mut self, field_0: Option<Vec<u8>>) -> &mut Self {
        let unknown = if self.has_unknown_tags { vec![(77, vec![1; 200]), (90_000, vec![])] } else { vec![] };
        let fields: Vec<_> = field_0.into_iter().map(|field| (0, field)).chain(unknown).collect();
        self.uvarint(fields.len());
        for (number, field) in fields {
            self.uvarint(number).uvarint(field.len()).put(field);
        }
        self
    }

    /// With its size before it.
    pub(super) fn frame(self) -> Vec<u8> {
        [&(self.bytes.len() as i32).to_be_bytes()[..], &self.bytes].concat()
    }
}
