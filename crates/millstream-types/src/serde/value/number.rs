//! Numbers as text, and the kind of value that represents them exactly.

use super::{Decimal, NotANumber, Value};

impl Value {
    /// Parses a number into the kind that represents it exactly.
    ///
    /// A number without fraction and exponent becomes an `Int` if it fits, otherwise a [`Decimal`]. Any other becomes a `Float`
    /// if the shortest text of that float is the same number, otherwise a [`Decimal`].
    ///
    /// # Errors
    /// When `text` is not a number in JSON's notation.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::serde::Value;
    ///
    /// assert_eq!(Value::number("42")?, Value::Int(42));
    /// assert_eq!(Value::number("1.50")?, Value::Float(1.5));
    /// assert_eq!(Value::number("18446744073709551616")?.kind(), "Decimal");
    /// assert!(Value::number("0x2a").is_err());
    /// # Ok::<(), millstream_types::serde::value::NotANumber>(())
    /// ```
    pub fn number(text: &str) -> Result<Self, NotANumber> {
        if number_len(text.as_bytes()) != Some(text.len()) {
            return Err(NotANumber);
        }
        let is_whole = !text.contains(['.', 'e', 'E']);
        Ok(match text {
            "-0" => Self::Float(-0.0),
            whole if is_whole => whole.parse().map_or_else(|_| Self::Decimal(Decimal::new(whole)), Self::Int),
            other => exact_float(other).map_or_else(|| Self::Decimal(Decimal::new(other)), Self::Float),
        })
    }
}

/// The length of the number in JSON's notation at the beginning of `text`; `None` if there is none.
pub(super) fn number_len(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let some_digits = |from: usize| Some(digits(from)).filter(|count| *count > 0);
    let mut at = usize::from(text.first() == Some(&b'-'));
    at += if text.get(at) == Some(&b'0') { 1 } else { some_digits(at)? };
    if text.get(at) == Some(&b'.') {
        at += 1 + some_digits(at + 1)?;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        at += 1 + usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        at += some_digits(at)?;
    }
    Some(at)
}

/// A text of this length without an exponent has at most 15 digits, which a float always keeps.
const SURELY_EXACT_LEN: usize = 16;

/// The float that is written as the number in `text`, if there is one. It uses the JSON writer, since libraries differ in
/// which of two equally short and equally near texts they write.
fn exact_float(text: &str) -> Option<f64> {
    let float: f64 = text.parse().ok().filter(|float: &f64| float.is_finite())?;
    let is_surely_exact = text.len() <= SURELY_EXACT_LEN && !text.contains(['e', 'E']);
    (is_surely_exact || significant(text)? == significant(&serde_json::to_string(&float).ok()?)?).then_some(float)
}

/// The sign of a number, its digits without zeros at either end, and the exponent of the last digit. They are the same for
/// all texts of a number. `None` if the exponent does not fit into an `i64`.
fn significant(text: &str) -> Option<(bool, String, i64)> {
    let (is_negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_end_matches('0');
    let zeros = (all.len() - digits.len()) as i64;
    let exponent = exponent.parse::<i64>().ok()?.checked_sub(fraction.len() as i64)?.checked_add(zeros)?;
    let digits = digits.trim_start_matches('0').to_owned();
    let exponent = if digits.is_empty() { 0 } else { exponent };
    Some((is_negative, digits, exponent))
}

/// Implements `From` for an integer type that may exceed `i64`.
macro_rules! from_whole {
    ($($type:ty),+) => {$(
        impl From<$type> for Value {
            fn from(number: $type) -> Self {
                i64::try_from(number).map_or_else(|_| Self::Decimal(Decimal::new(&number.to_string())), Self::Int)
            }
        }
    )+};
}

from_whole!(u64, i128, u128, usize);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_number_becomes_the_kind_that_holds_it_exactly() {
        let decimal = |text: &str| Value::Decimal(Decimal::new(text));
        let cases = [
            ("7", Value::Int(7)),
            ("-9223372036854775808", Value::Int(i64::MIN)),
            ("9223372036854775808", decimal("9223372036854775808")),
            ("-9223372036854775809", decimal("-9223372036854775809")),
            ("100000000000000000000", decimal("100000000000000000000")),
            ("-0", Value::Float(-0.0)),
            ("-0.0", Value::Float(-0.0)),
            ("0e7", Value::Float(0.0)),
            ("7.0", Value::Float(7.0)),
            ("1.10", Value::Float(1.1)),
            ("1E+3", Value::Float(1000.0)),
            ("0.1", Value::Float(0.1)),
            ("0.30000000000000004", Value::Float(0.1 + 0.2)),
            ("0.300000000000000040", Value::Float(0.1 + 0.2)),
            ("0.30000000000000005", decimal("0.30000000000000005")),
            ("0.1000000000000000055511151231257827", decimal("0.1000000000000000055511151231257827")),
            ("1e400", decimal("1e400")),
            ("1e-400", decimal("1e-400")),
            ("4.9e-324", decimal("4.9e-324")),
            ("5e-324", Value::Float(5e-324)),
            ("1.7976931348623157e308", Value::Float(f64::MAX)),
            ("1e99999999999999999999", decimal("1e99999999999999999999")),
        ];
        for (text, value) in cases {
            assert_eq!(Value::number(text).unwrap(), value, "{text}");
        }
    }

    #[test]
    fn what_json_does_not_call_a_number_is_refused() {
        for text in ["", "-", "+1", "01", "1.", ".5", "1e", "1e+", "NaN", "Infinity", "1 ", " 1", "0x1", "1_000", "١"]
        {
            assert_eq!(Value::number(text), Err(NotANumber), "{text}");
        }
    }

    #[test]
    fn whole_numbers_of_rust_fit_whatever_their_size() {
        assert_eq!(Value::from(7_u64), Value::Int(7));
        assert_eq!(Value::from(u64::MAX), Value::number("18446744073709551615").unwrap());
        assert_eq!(Value::from(i128::MIN), Value::number(&i128::MIN.to_string()).unwrap());
    }
}
