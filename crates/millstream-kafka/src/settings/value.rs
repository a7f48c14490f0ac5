//! What values settings can have.

/// The kind of a setting's value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    /// A text that is not shown.
    Secret,
    /// A number of milliseconds, of at least this many.
    Millis(u64),
    /// A number of milliseconds with fractions.
    Fraction,
    /// A number of bytes, kilobytes or records, from 1 to this.
    Count(u64),
    /// A level of compression by gzip. −1 is the default.
    Level,
    /// −1 or a number from 1 to 32,767.
    Replicas,
    OneOf(&'static [&'static str]),
    /// One value, and why there is no other.
    Only(&'static str, &'static str),
}

impl Kind {
    /// Checks a value.
    ///
    /// # Errors
    /// With what it must be.
    pub(super) fn check(self, value: &str) -> Result<(), String> {
        let is_valid = match self {
            Self::Text | Self::Secret => true,
            Self::Millis(least) => value.parse::<u64>().is_ok_and(|millis| (least..=MILLIS_MAX).contains(&millis)),
            Self::Fraction => value.parse::<f64>().is_ok_and(|millis| (0.0..=MILLIS_MAX as f64).contains(&millis)),
            Self::Count(most) => value.parse::<u64>().is_ok_and(|count| (1..=most).contains(&count)),
            Self::Level => value.parse::<i32>().is_ok_and(|level| level == -1 || (1..=9).contains(&level)),
            Self::Replicas => value.parse::<i16>().is_ok_and(|count| count == -1 || count >= 1),
            Self::Only(only, _) => value == only,
            Self::OneOf(values) => values.iter().any(|known| known.eq_ignore_ascii_case(value)),
        };
        if is_valid { Ok(()) } else { Err(self.demand()) }
    }

    fn demand(self) -> String {
        match self {
            Self::Text | Self::Secret => "a text".to_owned(),
            Self::Millis(least) => format!("a number of milliseconds from {least} to {MILLIS_MAX}"),
            Self::Fraction => format!("a number of milliseconds from 0 to {MILLIS_MAX}"),
            Self::Count(most) => format!("a number from 1 to {most}"),
            Self::Level => "a number from 1 (fast) to 9 (small), or -1 for the default, 6".to_owned(),
            Self::Replicas => "at least 1, or -1 for the broker's default".to_owned(),
            Self::Only(only, why) => format!("`{only}`: {why}"),
            Self::OneOf([only]) => format!("`{only}`"),
            Self::OneOf(values) => {
                let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
                format!("one of {}", values.join(", "))
            }
        }
    }
}

/// Kafka's requests have times of 32 bits.
const MILLIS_MAX: u64 = i32::MAX as u64;
