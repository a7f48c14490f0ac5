//! Values that could be written and not be read, or be read as other values, were accepted. They are refused when they are
//! written, with the name of the member; bytes with such values are refused when they are read.

#![allow(clippy::unwrap_used, missing_docs)]

use millstream_types::SerdeError;
use millstream_types::serde::{bincode, json};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    item: String,
    prices: Vec<f64>,
}

/// A linked list, whose depth is its length.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Link(Vec<Link>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Tree {
    Leaf,
    Node { inner: Box<Tree> },
    Pair(Box<Tree>, u8),
    Boxed(Box<Tree>),
}

fn links(depth: usize) -> Link {
    (1..depth).fold(Link(Vec::new()), |inner, _| Link(vec![inner]))
}

fn json_of<T: Serialize>(value: &T) -> Result<Vec<u8>, SerdeError> {
    let mut bytes = Vec::new();
    json::encode(value, &mut bytes).map(|()| bytes)
}

fn bincode_of<T: Serialize>(value: &T) -> Result<Vec<u8>, SerdeError> {
    let mut bytes = Vec::new();
    bincode::encode(value, &mut bytes).map(|()| bytes)
}

#[test]
fn json_refuses_numbers_that_are_not_finite_and_names_the_member() {
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let order = Order { item: "pear".to_owned(), prices: vec![1.0, float] };
        let message = json_of(&order).unwrap_err().to_string();
        assert!(message.ends_with("`prices[1]`: it is not a finite number, and JSON has no other"), "{message}");
        assert_eq!(
            bincode::decode::<Order>(&bincode_of(&order).unwrap()).unwrap().prices[1].to_bits(),
            float.to_bits()
        );
    }
    assert!(json_of(&f32::NAN).is_err());
    assert!(json_of(&Some(f64::NAN)).is_err(), "it would be null and come back as None");
}

#[test]
fn json_refuses_some_of_nothing_which_would_be_read_as_none() {
    for bytes in [json_of(&Some(None::<u8>)), json_of(&Some(())), json_of(&Some(Some(None::<u8>)))] {
        let message = bytes.unwrap_err().to_string();
        assert!(message.contains("would be read as `None`"), "{message}");
    }
    assert_eq!(json_of(&(None::<u8>, (), Some(Some(1)), Some(vec![None::<u8>]))).unwrap(), b"[null,null,1,[null]]");
    assert_eq!(bincode::decode::<Option<Option<u8>>>(&bincode_of(&Some(None::<u8>)).unwrap()).unwrap(), Some(None));
}

#[test]
fn json_is_written_only_as_deep_as_it_can_be_read() {
    let deepest = links(127);
    assert_eq!(json::decode::<Link>(&json_of(&deepest).unwrap()).unwrap(), deepest);
    let message = json_of(&links(128)).unwrap_err().to_string();
    assert!(message.contains("it is nested more than 127 deep"), "{message}");

    let deeper: [fn(Tree) -> Tree; 3] = [
        |inner| Tree::Node { inner: Box::new(inner) },
        |inner| Tree::Pair(Box::new(inner), 1),
        |inner| Tree::Boxed(Box::new(inner)),
    ];
    for wrap in deeper {
        let mut tree = Tree::Leaf;
        while let Ok(bytes) = json_of(&tree) {
            assert_eq!(json::decode::<Tree>(&bytes).unwrap(), tree, "what is written is read");
            tree = wrap(tree);
        }
    }
}

#[test]
fn bincode_is_read_and_written_to_a_limited_depth() {
    let mut tree = Tree::Leaf;
    while let Ok(bytes) = bincode_of(&tree) {
        assert_eq!(bincode::decode::<Tree>(&bytes).unwrap(), tree, "what is written is read");
        tree = Tree::Boxed(Box::new(tree));
    }
    assert!(bincode_of(&tree).unwrap_err().to_string().contains("it is nested more than 256 deep"));

    // Each byte opens a list of one list.
    let hostile = vec![1; 10_000_000];
    let message = bincode::decode::<Link>(&hostile).unwrap_err().to_string();
    assert!(message.contains("it is nested more than 256 deep"), "{message}");
}

#[test]
fn bincode_refuses_a_field_that_is_left_out() {
    #[derive(Serialize, Deserialize)]
    struct Address {
        #[serde(skip_serializing_if = "Option::is_none")]
        street: Option<u8>,
        town: Option<u8>,
    }
    assert!(bincode_of(&Address { street: Some(1), town: None }).is_ok());
    let message = bincode_of(&Address { street: None, town: Some(1) }).unwrap_err().to_string();
    assert!(message.contains("`street`: it is left out (`skip_serializing_if`)"), "{message}");
    assert_eq!(json_of(&Address { street: None, town: Some(1) }).unwrap(), br#"{"town":1}"#);
}

#[test]
fn json_refuses_values_that_readers_interpret_differently() {
    for text in [
        r#"{"item":"a","item":"b","prices":[]}"#,
        r#"{"item":"\ud800","prices":[]}"#,
        r#"{"item":"a","prices":[1e400]}"#,
        r#"{"item":"a","prices":[]} x"#,
    ] {
        assert!(json::decode::<Order>(text.as_bytes()).is_err(), "{text}");
    }
    assert!(json::decode::<u64>(b"18446744073709551616").is_err());
    assert!(json::decode::<i64>(b"1.0").is_err());
}

#[test]
fn an_error_names_the_position_and_quotes_no_bytes() {
    #[derive(Debug, Deserialize)]
    enum Card {
        #[expect(dead_code, reason = "only read")]
        Number(u64),
    }
    let texts = [r#"{"Number":"secret"}"#, r#"{"secret":1}"#, r#"{"Number":1,"secret":1}"#, "secret", r#""secret""#];
    for text in texts {
        let error = json::decode::<Card>(text.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("at line 1 column"), "{error}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        assert!(error.details().unwrap().contains("secret"), "{:?}", error.details());
    }
    let error = bincode::decode::<char>(b"\xffsecret").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("115"), "{error:?}");
}
