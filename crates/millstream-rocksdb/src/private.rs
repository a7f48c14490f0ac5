//! Restricts databases to their owner, whatever the umask: mode 0700 for directories, 0600 for files.
//!
//! RocksDB creates files with the mode of the umask, also in the background. Other users cannot read them meanwhile, since the
//! directory is restricted before the first file is created. The mode of the files is set after a database was opened and after
//! it was closed. On other systems than Unix the permissions of the parent directory apply.

use std::io;
use std::path::{Path, PathBuf};

/// Creates the directory of a database, or restricts an existing one. If it is not a directory, RocksDB reports it.
pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    if path.is_file() { Ok(()) } else { imp::make_directory(path) }
}

/// Restricts the files of a database, now and when it is dropped.
pub(crate) struct PrivateFiles {
    directory: PathBuf,
}

impl PrivateFiles {
    pub(crate) fn of(directory: &Path) -> Self {
        imp::restrict_files(directory);
        Self { directory: directory.to_path_buf() }
    }
}

impl Drop for PrivateFiles {
    fn drop(&mut self) {
        imp::restrict_files(&self.directory);
    }
}

#[cfg(unix)]
mod imp {
    use std::fs::{self, DirBuilder, Permissions};
    use std::io;
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    use std::path::Path;

    const DIRECTORY_MODE: u32 = 0o700;
    const FILE_MODE: u32 = 0o600;

    pub(super) fn make_directory(path: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(path)?;
        if fs::metadata(path)?.permissions().mode() & 0o777 == DIRECTORY_MODE {
            return Ok(());
        }
        fs::set_permissions(path, Permissions::from_mode(DIRECTORY_MODE))
    }

    /// Errors are ignored: RocksDB may delete a file meanwhile, and the directory is restricted anyway.
    pub(super) fn restrict_files(directory: &Path) {
        let files = fs::read_dir(directory).into_iter().flatten().flatten();
        for file in files.filter(|file| file.file_type().is_ok_and(|kind| kind.is_file())) {
            _ = fs::set_permissions(file.path(), Permissions::from_mode(FILE_MODE));
        }
    }
}

#[cfg(not(unix))]
mod imp {
    use std::fs;
    use std::io;
    use std::path::Path;

    pub(super) fn make_directory(path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    pub(super) fn restrict_files(_directory: &Path) {}
}
