//! The generated files are what the generator makes of Kafka's schemas.

#[path = "../../examples/generate/generator/mod.rs"]
mod generator;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the schemas: `common/message` of the jar `kafka-clients`.
const SCHEMAS: &str = "MILLSTREAM_KAFKA_SCHEMAS";

/// The jar that the files were generated from, in a Maven repository.
const JAR: &str = "org/apache/kafka/kafka-clients/4.4.0/kafka-clients-4.4.0.jar";

/// The schemas, from where the environment says or from the local Maven repository.
#[expect(clippy::disallowed_methods, reason = "only the environment knows where they are")]
fn schemas() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(SCHEMAS) {
        return Some(PathBuf::from(folder));
    }
    let jar = PathBuf::from(std::env::var_os("HOME")?).join(".m2/repository").join(JAR);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kafka-schemas-4.4.0");
    fs::create_dir_all(&folder).unwrap();
    let unpacked = Command::new("jar").current_dir(&folder).arg("xf").arg(jar).arg("common/message").status();
    unpacked.ok()?.success().then(|| folder.join("common/message"))
}

/// Without a JDK, or without the jar that the tests with real brokers download, there is nothing to compare with.
#[test]
fn the_files_are_those_that_the_schemas_give() {
    let Some(schemas) = schemas() else { return };
    for file in generator::generate(&schemas).unwrap() {
        let found = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&file.path)).unwrap();
        assert!(found == file.text, "{} differs: run `examples/generate` again", file.path);
    }
}
