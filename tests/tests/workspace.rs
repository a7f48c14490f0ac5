//! The workspace's own rules: which crate may depend on which, what they may link, what each of them promises.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Which crates each crate may name, whether in its code or in its tests. The adapters stand here before they exist,
/// since it is they that the rule is about.
const MAY_NAME: [(&str, &[&str]); 17] = [
    ("millstream-types", &[]),
    ("millstream-assign", &["millstream-types"]),
    ("millstream-state", &["millstream-types"]),
    ("millstream-log", &["millstream-types"]),
    ("millstream-core", &["millstream-types", "millstream-state"]),
    ("millstream-changelog", &["millstream-types", "millstream-state", "millstream-log"]),
    ("millstream-observe", &["millstream-types", "millstream-log", "millstream-core"]),
    ("millstream-http", &["millstream-types", "millstream-observe"]),
    (
        "millstream-task",
        &[
            "millstream-types",
            "millstream-state",
            "millstream-log",
            "millstream-core",
            "millstream-changelog",
            "millstream-observe",
        ],
    ),
    (
        "millstream-runtime",
        &[
            "millstream-types",
            "millstream-state",
            "millstream-log",
            "millstream-core",
            "millstream-changelog",
            "millstream-observe",
            "millstream-assign",
            "millstream-task",
        ],
    ),
    (
        "millstream-test",
        &[
            "millstream-types",
            "millstream-state",
            "millstream-log",
            "millstream-core",
            "millstream-changelog",
            "millstream-observe",
            "millstream-task",
        ],
    ),
    ("millstream-protocol", &[]),
    ("millstream-wire", &["millstream-types", "millstream-log", "millstream-protocol"]),
    ("millstream-kafka", &["millstream-types", "millstream-log", "millstream-wire"]),
    ("millstream-librdkafka", &["millstream-types", "millstream-log"]),
    ("millstream-rocksdb", &["millstream-types", "millstream-state"]),
    (
        "millstream",
        &[
            "millstream-types",
            "millstream-state",
            "millstream-log",
            "millstream-core",
            "millstream-observe",
            "millstream-http",
            "millstream-task",
            "millstream-runtime",
            "millstream-test",
            "millstream-kafka",
            "millstream-librdkafka",
            "millstream-rocksdb",
        ],
    ),
];

/// The crate that calls a C library.
const WITH_UNSAFE: &str = "millstream-librdkafka";

/// Which packages alone may name a dependency: native libraries, the network, an executor. `rdkafka` is for tests, which
/// need a client that is not the one they test.
const ONLY_FOR: [(&str, &[&str]); 9] = [
    ("rdkafka", &["millstream-kafka", "millstream-kafka-tests", "millstream-librdkafka"]),
    ("rdkafka-sys", &["millstream-librdkafka"]),
    ("rocksdb", &["millstream-rocksdb"]),
    ("librocksdb-sys", &["millstream-rocksdb"]),
    ("ureq", &["millstream-observe", "millstream-wire"]),
    ("tokio", &["millstream-http"]),
    ("axum", &["millstream-http"]),
    ("hyper", &["millstream-http"]),
    ("hyper-util", &["millstream-http"]),
];

/// What must not come in at all, even from further down: a second executor, a C library that no feature needs.
const NEVER: [&str; 2] = ["async-std", "openssl-sys"];

/// What comes in with these features of the facade, and with no other.
const ONLY_WITH: [(&str, &[&str]); 4] =
    [("tokio", &["http"]), ("axum", &["http"]), ("hyper", &["http"]), ("ureq", &["alerts", "oidc"])];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// What `cargo metadata` says: the members, or with `dependencies` everything they depend on as well.
fn metadata(dependencies: bool) -> Value {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root()).args(["metadata", "--format-version=1"]);
    if !dependencies {
        cargo.arg("--no-deps");
    }
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn packages(metadata: &Value) -> &Vec<Value> {
    metadata["packages"].as_array().unwrap()
}

fn name(package: &Value) -> &str {
    package["name"].as_str().unwrap()
}

fn is_library(package: &Value) -> bool {
    package["manifest_path"].as_str().unwrap().contains("/crates/")
}

fn dependency_names(package: &Value) -> BTreeSet<&str> {
    package["dependencies"].as_array().unwrap().iter().map(name).collect()
}

#[test]
fn crates_depend_on_each_other_in_one_direction() {
    let metadata = metadata(false);
    let rules = BTreeMap::from(MAY_NAME);
    for package in packages(&metadata).iter().filter(|package| is_library(package)) {
        let crate_name = name(package);
        let Some(may_name) = rules.get(crate_name) else {
            panic!("no rule says what `{crate_name}` may depend on: add it to MAY_NAME in {}", file!());
        };
        for dependency in dependency_names(package).iter().filter(|dependency| dependency.starts_with("millstream")) {
            // A crate names itself to have a feature of its own in its tests.
            let may_name = *dependency == crate_name || may_name.contains(dependency);
            assert!(may_name, "`{crate_name}` names `{dependency}`, which it must not depend on");
        }
    }
}

/// The table above is the test's judge, so it is held to the design's sentences itself.
#[test]
fn the_rules_say_what_the_design_says() {
    let rules = BTreeMap::from(MAY_NAME);
    let adapters = ["millstream-kafka", "millstream-librdkafka", "millstream-rocksdb"];
    for (crate_name, may_name) in &rules {
        let names_adapters = adapters.iter().any(|adapter| may_name.contains(adapter));
        assert!(!names_adapters || *crate_name == "millstream", "only the facade names adapters, not `{crate_name}`");
        assert!(!may_name.contains(&"millstream"), "nothing stands on the facade, but `{crate_name}` does");
    }
    for (crate_name, stranger) in [
        ("millstream-state", "millstream-log"),
        ("millstream-log", "millstream-state"),
        ("millstream-core", "millstream-log"),
        ("millstream-core", "millstream-runtime"),
        ("millstream-kafka", "millstream-runtime"),
        ("millstream-kafka", "millstream-librdkafka"),
        ("millstream-librdkafka", "millstream-wire"),
        ("millstream-rocksdb", "millstream-runtime"),
        ("millstream-http", "millstream-runtime"),
        ("millstream-runtime", "millstream-http"),
    ] {
        assert!(!rules[crate_name].contains(&stranger), "`{crate_name}` must not depend on `{stranger}`");
    }
}

#[test]
fn native_libraries_and_the_network_each_have_one_crate() {
    let metadata = metadata(false);
    for package in packages(&metadata) {
        for (dependency, owners) in ONLY_FOR {
            let named = dependency_names(package).contains(dependency);
            let may_name = owners.contains(&name(package));
            assert!(!named || may_name, "`{}` names `{dependency}`; only {owners:?} may", name(package));
        }
    }
}

#[test]
fn no_executor_comes_in_by_a_side_door() {
    let metadata = metadata(true);
    let names: Vec<&str> = packages(&metadata).iter().map(name).collect();
    for never in NEVER {
        assert!(
            !names.contains(&never),
            "`{never}` has become a dependency; `cargo tree -i {never}` says through whom"
        );
    }
}

/// The packages that `package` brings into a program, as `cargo tree` says with these arguments.
fn tree(package: &str, arguments: &[&str]) -> BTreeSet<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root()).args(["tree", "--locked", "-p", package, "--edges", "normal,build"]);
    let output = cargo.args(["--prefix", "none", "--format", "{p}"]).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// Those that the facade brings with these features alone.
fn facade_with(features: &[&str]) -> BTreeSet<String> {
    tree("millstream", &["--no-default-features", "--features", &features.join(",")])
}

/// The facade's features, and those that are on by default.
fn facade_features() -> (Vec<String>, Vec<String>) {
    let manifest = manifest("crates/millstream/Cargo.toml");
    let features = manifest["features"].as_table().unwrap();
    let default = features["default"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned());
    (features.keys().filter(|name| *name != "default").cloned().collect(), default.collect())
}

#[test]
fn the_default_features_bring_no_executor() {
    let (_, default) = facade_features();
    let built = facade_with(&default.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(built.contains("ureq"), "alerts are on by default: {built:?}");
    for (library, feature) in ONLY_WITH.iter().filter(|(_, features)| *features == ["http"]) {
        assert!(!built.contains(*library), "`{library}` comes in without {feature:?}");
    }
}

#[test]
fn a_server_and_a_client_come_in_with_their_features_only() {
    let (features, _) = facade_features();
    for (library, with) in ONLY_WITH {
        for feature in with {
            assert!(facade_with(&[feature]).contains(library), "`{feature}` brings `{library}`");
        }
        // A feature that needs one of these, as `https-alerts` needs `alerts`, is named after it.
        let is_other = |name: &&str| !with.iter().any(|feature| name.contains(feature));
        let built = facade_with(&features.iter().map(String::as_str).filter(is_other).collect::<Vec<_>>());
        assert!(!built.contains(library), "`{library}` comes in without {with:?}");
    }
}

/// Crates that run a C compiler or an assembler, or look for a C library.
const C_BUILDERS: [&str; 6] = ["bindgen", "cc", "cmake", "nasm-rs", "pkg-config", "vcpkg"];

/// Ends in `-sys`, and is Rust alone: the numbers and types of Linux's system calls.
const RUST_ONLY: &str = "linux-raw-sys";

/// A new user needs nothing but Rust and a linker: for the library with all that is on by default, Kafka and TLS included, and for the
/// word count.
#[test]
fn nothing_compiles_c_by_default() {
    for target in ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"] {
        for package in ["millstream", "millstream-examples"] {
            let built = tree(package, &["--target", target]);
            for name in ["graviola", "millstream-kafka", "rustls"] {
                assert!(built.contains(name), "`{name}` is not in {package} for {target}: {built:?}");
            }
            for name in &built {
                let is_c = C_BUILDERS.contains(&name.as_str()) || (name.ends_with("-sys") && name != RUST_ONLY);
                assert!(!is_c, "`{name}` has come in: `cargo tree -p {package} -i {name} --target {target}`");
            }
        }
    }
}

/// The other cryptography is chosen by features.
#[test]
fn cryptography_in_c_comes_in_with_its_features_only() {
    for (feature, library) in [("ring", "ring"), ("aws-lc", "aws-lc-rs")] {
        assert!(facade_with(&["https-alerts", feature]).contains(library), "`{feature}` brings `{library}`");
        assert!(!facade_with(&["https-alerts", "kafka"]).contains(library), "`{library}` comes in without `{feature}`");
    }
}

#[test]
fn the_library_does_not_stand_on_examples_benchmarks_or_tests() {
    let metadata = metadata(false);
    let unpublished = |package: &&Value| package["publish"].as_array().is_some_and(Vec::is_empty);
    let members: Vec<&str> = packages(&metadata).iter().filter(unpublished).map(name).collect();
    assert_eq!(
        members.len(),
        8,
        "examples, benches, the comparison, NEXMark, tests, the differential one, those on a broker and those on a disk are the unpublished members: \
         {members:?}"
    );
    for package in packages(&metadata).iter().filter(|package| is_library(package)) {
        let named = dependency_names(package);
        assert!(members.iter().all(|member| !named.contains(member)), "`{}` names one of {members:?}", name(package));
    }
}

fn manifest(path: impl AsRef<Path>) -> toml::Table {
    let path = root().join(path);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_member_takes_over_the_workspace_lints() {
    for package in packages(&metadata(false)) {
        let manifest = manifest(package["manifest_path"].as_str().unwrap());
        let lints = manifest.get("lints").unwrap_or_else(|| panic!("`{}` has no lints", name(package)));
        if name(package) == WITH_UNSAFE {
            let own = lints.as_table().unwrap().clone();
            assert_eq!(
                own,
                lints_with_unsafe_denied(),
                "`{WITH_UNSAFE}` repeats the workspace's lints but for `unsafe`"
            );
        } else {
            let inherited = lints.get("workspace").and_then(toml::Value::as_bool);
            assert_eq!(inherited, Some(true), "`{}` lacks `[lints] workspace = true`", name(package));
        }
    }
}

/// The workspace's lints, `unsafe` denied, which one module may allow, and each block of it to be explained.
fn lints_with_unsafe_denied() -> toml::Table {
    let mut lints = manifest("Cargo.toml")["workspace"]["lints"].as_table().unwrap().clone();
    lints["rust"]["unsafe_code"] = "deny".into();
    lints["clippy"].as_table_mut().unwrap().insert("undocumented_unsafe_blocks".to_owned(), "warn".into());
    lints
}

#[test]
fn unsafe_code_of_the_libraries_stands_in_one_module() {
    let mut files = Vec::new();
    rust_files(&root().join("crates"), &mut files);
    let native = root().join("crates").join(WITH_UNSAFE).join("src/native");
    let allows = |file: &PathBuf| fs::read_to_string(file).unwrap().contains("allow(unsafe_code");
    let mut allowing: Vec<PathBuf> = files.into_iter().filter(allows).collect();
    allowing.sort();
    // An example of what librdkafka costs without this crate around it; no program links it.
    let bare = root().join("crates").join(WITH_UNSAFE).join("examples/bare.rs");
    assert_eq!(allowing, [bare, native.join("mod.rs")]);
}

#[test]
fn the_workspace_forbids_unsafe_code_and_asks_for_docs() {
    let lints = &manifest("Cargo.toml")["workspace"]["lints"]["rust"];
    assert_eq!(lints["unsafe_code"].as_str(), Some("forbid"));
    assert_eq!(lints["missing_docs"].as_str(), Some("warn"), "a warning, which CI denies");
}

#[test]
fn every_library_says_what_it_is() {
    for package in packages(&metadata(false)).iter().filter(|package| is_library(package)) {
        for field in ["description", "license", "rust_version"] {
            assert!(package[field].is_string(), "`{}` has no {field}", name(package));
        }
    }
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_file_opens_with_its_purpose() {
    let mut files = Vec::new();
    for folder in ["crates", "examples", "benches", "tests"] {
        rust_files(&root().join(folder), &mut files);
    }
    assert!(files.len() > 100, "the walk found {} files only", files.len());
    let silent: Vec<_> = files.iter().filter(|file| !fs::read_to_string(file).unwrap().starts_with("//! ")).collect();
    assert!(silent.is_empty(), "these files do not open with a `//!` line: {silent:#?}");
}

/// Whether `expression`, an SPDX one of `OR`, `AND`, `WITH` and brackets, can be met with what is allowed.
fn is_met(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let expression = expression.replace('/', " OR ");
    let alternatives = split_outside_brackets(&expression, " OR ");
    if alternatives.len() > 1 {
        return alternatives.iter().any(|part| is_met(part, allowed));
    }
    let required = split_outside_brackets(&expression, " AND ");
    if required.len() > 1 {
        return required.iter().all(|part| is_met(part, allowed));
    }
    let term = expression.trim();
    match term.strip_prefix('(').and_then(|term| term.strip_suffix(')')) {
        Some(inner) => is_met(inner, allowed),
        None => allowed.contains(term),
    }
}

fn split_outside_brackets<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let (mut parts, mut depth, mut begin) = (Vec::new(), 0, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && at >= begin && text[at..].starts_with(separator) => {
                parts.push(&text[begin..at]);
                begin = at + separator.len();
            }
            _ => {}
        }
    }
    parts.push(&text[begin..]);
    parts
}

#[test]
fn licence_expressions_are_read_as_they_are_meant() {
    let allowed = BTreeSet::from(["MIT", "Apache-2.0", "ISC"]);
    let check = |expression: &str, expected: bool| assert_eq!(is_met(expression, &allowed), expected, "{expression}");
    check("MIT", true);
    check("GPL-3.0", false);
    check("GPL-3.0 OR MIT", true);
    check("MIT/Apache-2.0", true);
    check("MIT AND GPL-3.0", false);
    check("(GPL-3.0 OR MIT) AND ISC", true);
    check("(GPL-3.0 OR MIT) AND BSD-3-Clause", false);
    check("Apache-2.0 WITH LLVM-exception", false);
    check("Apache-2.0 WITH LLVM-exception OR MIT", true);
}

#[test]
fn every_dependency_has_a_licence_we_allow_and_comes_from_the_registry() {
    let rules = manifest("deny.toml");
    let allowed = rules["licenses"]["allow"].as_array().unwrap();
    let allowed = allowed.iter().map(|licence| licence.as_str().unwrap()).collect();
    for package in packages(&metadata(true)) {
        let Some(source) = package["source"].as_str() else { continue };
        let licence = package["license"].as_str().unwrap_or("(none)");
        assert!(is_met(licence, &allowed), "`{}` is under {licence}; deny.toml does not allow it", name(package));
        assert!(source.starts_with("registry+"), "`{}` comes from {source}, not from the registry", name(package));
    }
}
