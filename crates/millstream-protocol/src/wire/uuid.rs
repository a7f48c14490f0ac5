//! Identifiers of topics.

use std::fmt;

/// An identifier of 16 bytes, as topics have. All zero means that there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid(pub [u8; 16]);

impl Uuid {
    /// The identifier that stands for none.
    pub const ZERO: Self = Self([0; 16]);

    /// Whether it stands for none.
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }
}

/// As Kafka's tools print it: base64 with `-` and `_`, without padding.
impl fmt::Display for Uuid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let bits = u128::from_be_bytes(self.0);
        // 21 digits of 6 bits leave 2, which the last digit holds as its upper bits.
        let mut text: String = (0..21).map(|at| char::from(DIGITS[(bits >> (122 - 6 * at)) as usize & 63])).collect();
        text.push(char::from(DIGITS[(bits << 4) as usize & 63]));
        formatter.pad(&text)
    }
}
