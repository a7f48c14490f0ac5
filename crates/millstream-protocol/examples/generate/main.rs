//! Writes `src/messages` and what the tests know of it from Kafka's message schemas.
//!
//! The schemas are the files `common/message/*.json` in the jar `kafka-clients`:
//! `cargo run -p millstream-protocol --example generate -- <folder of the schemas>`

#![expect(clippy::disallowed_macros, reason = "a tool says what it has done")]

mod generator;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let schemas = std::env::args_os().nth(1).map(PathBuf::from).ok_or("the folder of the schemas is missing")?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = generator::generate(&schemas)?;
    for file in &files {
        let path = root.join(&file.path);
        fs::create_dir_all(path.parent().unwrap_or(root))?;
        fs::write(path, &file.text)?;
    }
    println!("{} files, {} lines", files.len(), files.iter().map(|file| file.text.lines().count()).sum::<usize>());
    Ok(())
}
