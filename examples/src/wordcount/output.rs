//! Standard output and standard error.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use super::WordCountError;

/// Writes the result to standard output.
///
/// # Errors
/// When it cannot be written. A reader that closes the pipe early, as `head` does, is no error.
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
