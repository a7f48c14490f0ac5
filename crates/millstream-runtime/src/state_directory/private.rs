//! Directories and files that only their owner can read, whatever the umask of the process.
//!
//! State holds data of records. So directories are created with the mode 0700 and files with 0600, and existing ones with
//! a wider mode are restricted. Systems other than Unix have no such modes; there nothing is restricted.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

use super::StateDirectoryError;
use super::error::failed;

/// The mode of directories.
#[cfg(unix)]
pub(super) const DIRECTORY_MODE: u32 = 0o700;
/// The mode of files.
#[cfg(unix)]
const FILE_MODE: u32 = 0o600;
/// The permission bits of a mode.
#[cfg(unix)]
const PERMISSION_BITS: u32 = 0o777;

/// Creates a directory and its parents if they do not exist, and restricts it to its owner. Returns its previous mode if
/// others had access.
pub(super) fn directory(path: &Path) -> Result<Option<u32>, StateDirectoryError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, DIRECTORY_MODE);
    builder.create(path).map_err(|error| failed("make", path, error))?;
    restrict_directory(path).map_err(|error| failed("restrict to its owner the directory", path, error))
}

#[cfg(unix)]
fn restrict_directory(path: &Path) -> io::Result<Option<u32>> {
    use std::os::unix::fs::PermissionsExt;

    let mode = fs::metadata(path)?.permissions().mode() & PERMISSION_BITS;
    if mode != DIRECTORY_MODE {
        fs::set_permissions(path, fs::Permissions::from_mode(DIRECTORY_MODE))?;
    }
    Ok((mode & !DIRECTORY_MODE != 0).then_some(mode))
}

#[cfg(not(unix))]
fn restrict_directory(path: &Path) -> io::Result<Option<u32>> {
    fs::metadata(path).map(|_| None)
}

/// Opens a file for reading and writing, creates it if it does not exist, and restricts it to its owner.
pub(super) fn file(path: &Path) -> Result<File, StateDirectoryError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, FILE_MODE);
    let file = options.open(path).map_err(|error| failed("open", path, error))?;
    restrict_file(&file).map_err(|error| failed("restrict to its owner the file", path, error))?;
    Ok(file)
}

#[cfg(unix)]
fn restrict_file(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    if file.metadata()?.permissions().mode() & PERMISSION_BITS != FILE_MODE {
        file.set_permissions(fs::Permissions::from_mode(FILE_MODE))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn restrict_file(_file: &File) -> io::Result<()> {
    Ok(())
}
