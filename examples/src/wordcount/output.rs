//! Standard output, and what is said beside it.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use super::WordCountError;

/// Writes the result to standard output.
///
/// # Errors
/// When it cannot be written. That its reader has seen enough, as with `| head`, is none.
pub fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), WordCountError> {
    let mut out = io::stdout().lock();
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(source) => Err(WordCountError::Unwritable { path: "standard output".into(), source }),
        Ok(()) => Ok(()),
    }
}

/// Writes a line to standard error; errors of that are ignored.
pub fn say(what: &dyn Display) {
    _ = writeln!(io::stderr(), "wordcount: {what}");
}
