//! The identity of a process, across restarts.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use millstream_assign::ProcessId;

use super::StateDirectoryError;
use super::error::failed;
use super::private;
use super::task::try_lock;

const PROCESSES: &str = "processes";
/// The length of an identity as text: its digits, and a line end, which shows that the text is complete.
const TEXT_BYTES: usize = 33;

/// Takes the first identity that no running process has, or stores `fresh` as a new one. Returns the identity and its
/// locked file.
pub(super) fn claim(application: &Path, fresh: ProcessId) -> Result<(ProcessId, File), StateDirectoryError> {
    let directory = application.join(PROCESSES);
    private::directory(&directory)?;
    for number in 0_u32.. {
        let path = directory.join(number.to_string());
        if let Some(mut file) = try_lock(&path)? {
            let read = read_or_write(&mut file, fresh);
            return read.map(|id| (id, file)).map_err(|error| failed("read or write", &path, error));
        }
    }
    unreachable!("there are fewer than 4 billion processes on a host")
}

/// Reads the identity in a file. A file that is incomplete after a crash is written again.
fn read_or_write(file: &mut File, fresh: ProcessId) -> io::Result<ProcessId> {
    if let Some(id) = io::read_to_string(&*file).ok().as_deref().and_then(parse) {
        return Ok(id);
    }
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    writeln!(file, "{:032x}", fresh.bits())?;
    file.sync_all()?;
    Ok(fresh)
}

fn parse(text: &str) -> Option<ProcessId> {
    let digits = text.strip_suffix('\n').filter(|_| text.len() == TEXT_BYTES)?;
    u128::from_str_radix(digits, 16).ok().map(ProcessId::new)
}
