//! Checks the manifests of `examples/deploy` against the schemas of Kubernetes, and their settings against the program.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use clap::{CommandFactory, Parser};
use millstream_examples::wordcount::Arguments;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn manifests() -> PathBuf {
    root().join("examples/deploy/kubernetes")
}

const MANIFESTS: [&str; 2] = ["memory/deployment.yaml", "rocksdb/statefulset.yaml"];

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn check(path: &Path) -> Output {
    Command::new(root().join("scripts/check-manifests")).arg(path).output().unwrap()
}

#[test]
fn the_manifests_match_the_schemas_of_kubernetes() {
    for name in MANIFESTS {
        let checked = check(&manifests().join(name));
        assert!(checked.status.success(), "{checked:?}");
    }
}

/// Checks for constructs that tools other than `kubectl` refuse, and for passwords.
#[test]
fn the_manifests_are_portable_and_have_no_passwords() {
    for name in MANIFESTS {
        let text = read(manifests().join(name));
        assert!(text.contains("defaultMode: 288"), "{name}: a mode is decimal");
        assert!(!text.contains("stringData"), "{name}: a Secret is made outside of Git");
        let claims = text.split_once("volumeClaimTemplates:").map(|(_, rest)| rest.split("template:").next().unwrap());
        if let Some(claims) = claims {
            assert!(claims.contains("apiVersion: v1") && claims.contains("kind: PersistentVolumeClaim"), "{name}");
        }
        let folder = name.split('/').next().unwrap();
        let kustomization = read(manifests().join(folder).join("kustomization.yaml"));
        let (_, file) = name.split_once('/').unwrap();
        assert!(kustomization.contains(&format!("resources: [{file}]")), "{kustomization}");
        assert!(kustomization.contains("components: [../settings]"), "{kustomization}");
    }
    let settings = read(manifests().join("settings/kustomization.yaml"));
    assert!(settings.contains("configMapGenerator") && settings.contains("envs: [wordcount.env]"), "{settings}");
}

/// A wrong type, an unknown field and a missing one are found.
#[test]
fn manifests_that_are_wrong_are_refused() {
    let sound = read("examples/deploy/kubernetes/rocksdb/statefulset.yaml");
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("manifests-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let broken = [
        ("replicas: 2", "replicas: two", "spec.replicas"),
        ("terminationGracePeriodSeconds: 45", "terminationGracePeriod: 45", "terminationGracePeriod"),
        ("  serviceName: wordcount\n  replicas", "  replicas", "serviceName"),
        ("        - name: wordcount\n          image", "        - image", "name"),
    ];
    for (number, (place, instead, named)) in broken.into_iter().enumerate() {
        assert!(sound.contains(place), "`{place}` is not there");
        let path = directory.join(format!("broken-{number}.yaml"));
        fs::write(&path, sound.replace(place, instead)).unwrap();
        let checked = check(&path);
        let output = String::from_utf8_lossy(&checked.stdout).into_owned() + &String::from_utf8_lossy(&checked.stderr);
        assert!(!checked.status.success() && output.contains(named), "`{instead}` passed: {output}");
    }
    fs::remove_dir_all(directory).unwrap();
}

/// The `NAME: value` or `NAME=value` pairs of a file whose names are environment variables of the word count.
fn environment(text: &str) -> Vec<(String, String)> {
    let pairs = text.lines().filter_map(|line| line.trim().split_once(": ").or_else(|| line.split_once('=')));
    let of_ours = pairs.filter(|(name, _)| name.starts_with("WORDCOUNT_"));
    of_ours.map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned())).collect()
}

/// The program's arguments, by the line `args: [...]`.
fn arguments(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix("args: ["));
    let items = lines.flat_map(|line| line.trim_end_matches(']').split(','));
    items.map(|item| item.trim().trim_matches('"').to_owned()).collect()
}

/// The words in a text with this prefix, followed by these letters.
fn words(text: &str, prefix: &str, is_inside: impl Fn(char) -> bool) -> BTreeSet<String> {
    let rests = text.match_indices(prefix).map(|(start, _)| &text[start..]);
    let word = |rest: &str| rest[..rest.find(|letter| !is_inside(letter)).unwrap_or(rest.len())].to_owned();
    rests.map(word).collect()
}

#[test]
fn the_program_accepts_the_arguments_and_the_values_of_the_manifests() {
    let settings = environment(&read("examples/deploy/kubernetes/settings/wordcount.env"));
    let composed = environment(&read("examples/deploy/compose.yaml"));
    assert!(settings.len() > 5 && composed.len() > 2, "{settings:?} {composed:?}");
    let of_memory = arguments(&read("examples/deploy/kubernetes/memory/deployment.yaml"));
    let of_rocksdb = arguments(&read("examples/deploy/kubernetes/rocksdb/statefulset.yaml"));
    assert!(!of_memory.is_empty() && !of_rocksdb.is_empty());
    let command = Arguments::command();
    for (environment, arguments) in [(&settings, of_memory), (&settings, of_rocksdb), (&composed, Vec::new())] {
        let mut line = vec!["wordcount".to_owned()];
        for (name, value) in environment {
            let option =
                command.get_arguments().find(|option| option.get_env().is_some_and(|env| env == name.as_str()));
            let option = option.unwrap_or_else(|| panic!("the program has no variable {name}"));
            line.push(format!("--{}", option.get_long().unwrap()));
            if option.get_action().takes_values() {
                line.push(value.clone());
            } else {
                assert_eq!(value, "true", "{name}");
            }
        }
        line.extend(arguments);
        let parsed = Arguments::try_parse_from(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
        parsed.check().unwrap_or_else(|error| panic!("{line:?}: {error}"));
    }
}

/// The program's options in a line of a text: in a command, or as code in a sentence.
fn options(line: &str) -> BTreeSet<String> {
    let is_inside = |letter: char| letter.is_ascii_lowercase() || letter == '-';
    let commands = ["bin wordcount -- ", "--rm wordcount "].into_iter();
    let of_commands = commands.filter_map(|command| Some(words(line.split_once(command)?.1, "--", is_inside)));
    let of_sentences = words(line, "`--", |letter| letter == '`' || is_inside(letter)).into_iter();
    let of_sentences = of_sentences.map(|word| word.trim_matches('`').to_owned());
    of_commands.flatten().chain(of_sentences).collect()
}

#[test]
fn documented_options_and_variables_exist() {
    let command = Arguments::command();
    let variables: BTreeSet<_> =
        command.get_arguments().filter_map(|option| Some(option.get_env()?.to_str()?.to_owned())).collect();
    let long: BTreeSet<_> = command.get_opts().filter_map(|option| Some(format!("--{}", option.get_long()?))).collect();
    let of_clap = ["--help".to_owned()];
    let deploy = ["Dockerfile", "compose.yaml", "kubernetes/settings/wordcount.env"].into_iter().map(str::to_owned);
    let deploy = deploy.chain(MANIFESTS.map(|name| format!("kubernetes/{name}")));
    let texts = ["README.md", "docs/guide/running-on-kafka.md", "docs/guide/rolling-it-out.md"].map(str::to_owned);
    let (mut variables_seen, mut options_seen) = (BTreeSet::new(), BTreeSet::new());
    for file in texts.into_iter().chain(deploy.map(|file| format!("examples/deploy/{file}"))) {
        let text = read(&file);
        variables_seen.extend(words(&text, "WORDCOUNT_", |letter| letter.is_ascii_uppercase() || letter == '_'));
        options_seen.extend(text.lines().flat_map(options));
    }
    assert!(variables_seen.len() > 10 && options_seen.len() > 8, "{variables_seen:?} {options_seen:?}");
    let unknown: Vec<_> = variables_seen.difference(&variables).collect();
    assert!(unknown.is_empty(), "the program has no variables {unknown:?}");
    let unknown: Vec<_> = options_seen.difference(&long).filter(|option| !of_clap.contains(option)).collect();
    assert!(unknown.is_empty(), "the program has no options {unknown:?}");
}
