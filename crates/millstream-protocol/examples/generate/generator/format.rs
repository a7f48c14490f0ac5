//! Formats what has been generated, as the rest of the workspace is.

use std::io::Write;
use std::process::{Command, Stdio};

use super::{File, Result};

/// The file as `rustfmt` leaves it.
pub(crate) fn formatted(file: File) -> Result<File> {
    let failed = |error: &dyn std::fmt::Display| format!("rustfmt fails on {}: {error}", file.path);
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rustfmt.toml");
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2024", "--config-path", config]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = rustfmt.spawn().map_err(|error| failed(&error))?;
    // It reads all of its input before it writes.
    child
        .stdin
        .take()
        .ok_or("rustfmt has no input")?
        .write_all(file.text.as_bytes())
        .map_err(|error| failed(&error))?;
    let output = child.wait_with_output().map_err(|error| failed(&error))?;
    if !output.status.success() {
        return Err(failed(&output.status));
    }
    let text = String::from_utf8(output.stdout).map_err(|error| failed(&error))?;
    Ok(File { text, ..file })
}
