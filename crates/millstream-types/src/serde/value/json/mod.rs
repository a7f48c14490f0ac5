//! A `Value` as JSON. It does not use serde, which cannot represent numbers beyond its types.

mod read;
mod write;

pub(super) use read::decode;
pub(super) use write::encode;

/// The name of the type in errors.
const TYPE_NAME: &str = "JSON Value";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::serde::Value;

    fn again(text: &str) -> String {
        let mut bytes = Vec::new();
        encode(&decode(text.as_bytes()).unwrap(), &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn what_is_written_is_the_value_that_was_read() {
        for text in [
            "null",
            "[null,true,false,[],{}]",
            r#"{"a":null,"b":{"c":null}}"#,
            r#"{"id":9223372036854775808,"ids":[12345678901234567890123,-9223372036854775809]}"#,
            r"[0.1,1e400,1e-400,0.1000000000000000055511151231257827,-0.0,1e+20,100.5]",
            r#"["","é","\"\\\b\f\n\r\t\u0001/","😀"]"#,
        ] {
            assert_eq!(again(text), text);
        }
    }

    /// Two texts are equally short and equally near to such a float. The number was read as one and written as the other, so
    /// that it changed and was read as another kind of value.
    #[test]
    fn a_float_halfway_between_two_texts_is_written_as_the_text_that_is_read_as_it() {
        for text in ["874611383964528.3", "874611383964528.2", "9007199254740993.0", "5e-324", "-0.0"] {
            let value = decode(text.as_bytes()).unwrap();
            let mut bytes = Vec::new();
            encode(&value, &mut bytes).unwrap();
            assert_eq!(decode(&bytes).unwrap(), value, "{text} became {}", String::from_utf8_lossy(&bytes));
        }
        let mut bits = 1_u64;
        for _ in 0..100_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Numbers of 14 to 18 digits, many of which are halfway between two texts.
            let value = Value::Float((bits >> 11) as f64 / f64::from(1_u32 << (bits % 8)));
            let mut bytes = Vec::new();
            encode(&value, &mut bytes).unwrap();
            assert_eq!(decode(&bytes).unwrap(), value, "{}", String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn spaces_order_and_spelling_are_not_kept() {
        let text = " {\"b\" : 1.50 ,\r\n\t\"a\": \"\\u00e9\\/\\ud83d\\ude00\", \"\": 1E+2 } ";
        assert_eq!(again(text), r#"{"":100.0,"a":"é/😀","b":1.5}"#);
    }

    #[test]
    fn invalid_json_is_refused_with_its_position() {
        let deep = "[".repeat(1_000_000);
        let cases = [
            ("", "a value should begin at byte 0"),
            ("nul", "a value should begin at byte 0"),
            ("nulls", "more follows at byte 4"),
            ("1 2", "more follows at byte 2"),
            ("[1,]", "a value should begin at byte 3"),
            ("[1 2]", "a comma or the list's end should follow at byte 3"),
            ("{\"a\":1,}", "a member's name should begin at byte 7"),
            ("{a:1}", "a member's name should begin at byte 1"),
            ("{\"a\" 1}", "a colon should follow at byte 5"),
            ("{\"a\":1 \"b\":2}", "a comma or the map's end should follow at byte 7"),
            ("{", "a member's name should begin at byte 1"),
            ("[01]", "a comma or the list's end should follow at byte 2"),
            ("-", "a value should begin at byte 0"),
            ("[NaN]", "a value should begin at byte 1"),
            (r#"{"a":1,"b":2,"a":3}"#, "the member at byte 13 has the name of an earlier one"),
            (r#"{"a":1,"\u0061":3}"#, "the member at byte 7 has the name of an earlier one"),
            ("\"a", "the text that begins at byte 0 has no end"),
            ("\"a\\\"", "the text that begins at byte 0 has no end"),
            ("\"a\nb\"", "the text that begins at byte 0 holds a control character"),
            (r#"["\ud800"]"#, "the text that begins at byte 1 holds an escape that stands for no character"),
            (r#"["\udc00\ud800"]"#, "the text that begins at byte 1 holds an escape that stands for no character"),
            (r#""\x""#, "the text that begins at byte 0 holds an escape that stands for no character"),
            (deep.as_str(), "it is nested more than 64 deep"),
        ];
        for (text, reason) in cases {
            let message = decode(text.as_bytes()).unwrap_err().to_string();
            assert!(message.contains(reason), "{text:.20}: {message}");
        }
        let message = decode(b"\"\xff\"").unwrap_err().to_string();
        assert!(message.contains("the text that begins at byte 0 is not UTF-8"), "{message}");
    }

    #[test]
    fn values_that_json_does_not_have_are_refused_with_the_member_in_the_details() {
        let order: Value = [("prices", Value::from(vec![Value::Int(1), Value::Float(f64::NAN)]))].into_iter().collect();
        let error = encode(&order, &mut Vec::new()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "this JSON Value cannot be written: a Float in it is not finite, and JSON has no other numbers"
        );
        assert_eq!(error.details(), Some("it is `.prices[1]`"));
    }
}
