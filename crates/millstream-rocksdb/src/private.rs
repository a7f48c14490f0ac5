//! Databases that only their owner can read, whatever the umask: directories of mode 0700, files of mode 0600.
//!
//! RocksDB makes its files by itself, in the background too, with the mode that the umask leaves. No other user can read them
//! meanwhile, since the directory is closed to others before the first is made; their own mode is set when a database has
//! been opened and when it has been closed. Elsewhere than on Unix the permissions of the directory above apply.

use std::io;
use std::path::{Path, PathBuf};

/// Makes the directory of a database, or closes one that is there to others. What is no directory, RocksDB reports.
pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    if path.is_file() { Ok(()) } else { imp::make_directory(path) }
}

/// Closes the files of a database to others, also when it is dropped.
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

    /// A file that RocksDB deletes meanwhile, or whose mode cannot be set, is behind the directory's mode all the same.
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
