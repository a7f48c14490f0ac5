//! Which texts to read: files, directories, standard input, or the bundled sample.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::WordCountError;

/// The bundled sample, written for this purpose.
const SAMPLE: &str = include_str!("../../data/sample.txt");

/// How much of a file is read to decide whether it is text.
const SNIFF_BYTES: u64 = 8 * 1024;

/// One text to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file.
    File(PathBuf),
    /// Standard input.
    StandardInput,
    /// The bundled sample.
    Sample,
}

impl Input {
    /// Opens it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn open(&self) -> Result<Box<dyn Read>, WordCountError> {
        match self {
            Self::File(path) => match File::open(path) {
                Ok(file) => Ok(Box::new(file)),
                Err(source) => Err(self.unreadable(source)),
            },
            Self::StandardInput => Ok(Box::new(io::stdin().lock())),
            Self::Sample => Ok(Box::new(SAMPLE.as_bytes())),
        }
    }

    /// The error of a read that failed.
    pub(super) fn unreadable(&self, source: io::Error) -> WordCountError {
        match self {
            Self::File(path) => WordCountError::Unreadable { path: path.clone(), source },
            Self::StandardInput | Self::Sample => WordCountError::StandardInput(source),
        }
    }
}

/// The texts to read, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// The texts.
    pub list: Vec<Input>,
    /// Their size; `None` if standard input is among them.
    pub bytes: Option<u64>,
    /// Files found in directories and left out because they are no text.
    pub binary: usize,
}

impl Inputs {
    /// What the arguments name: files as they are, directories with all text files below them, `-` for standard input;
    /// the bundled sample if there are no arguments.
    ///
    /// In a directory, hidden files and directories are not looked at, nor are directories behind symbolic links; a file
    /// that holds a zero byte near its beginning is no text. A file that is named itself is read whatever it holds.
    ///
    /// # Errors
    /// When something named does not exist or cannot be read, or a directory holds no text.
    pub fn find(arguments: &[PathBuf]) -> Result<Self, WordCountError> {
        let mut inputs = Self { bytes: Some(0), ..Self::default() };
        if arguments.is_empty() {
            inputs.add(Input::Sample, SAMPLE.len() as u64);
        }
        for argument in arguments {
            if argument.as_os_str() == "-" {
                inputs.list.push(Input::StandardInput);
                inputs.bytes = None;
            } else {
                inputs.add_named(argument)?;
            }
        }
        Ok(inputs)
    }

    fn add(&mut self, input: Input, bytes: u64) {
        self.list.push(input);
        self.bytes = self.bytes.map(|sum| sum + bytes);
    }

    fn add_named(&mut self, path: &Path) -> Result<(), WordCountError> {
        let metadata = fs::metadata(path).map_err(|source| unreadable(path, source))?;
        if !metadata.is_dir() {
            // Not a regular file may still be read: a pipe, say. Opening it now would take from it.
            if metadata.is_file() {
                File::open(path).map_err(|source| unreadable(path, source))?;
            }
            self.add(Input::File(path.to_owned()), metadata.len());
            return Ok(());
        }
        let (texts, binary) = (self.list.len(), self.binary);
        self.add_directory(path)?;
        if self.list.len() == texts {
            return Err(WordCountError::NoText { path: path.to_owned(), binary: self.binary - binary });
        }
        Ok(())
    }

    fn add_directory(&mut self, directory: &Path) -> Result<(), WordCountError> {
        let entries = fs::read_dir(directory).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut entries = entries.map_err(|source| unreadable(directory, source))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let (path, name) = (entry.path(), entry.file_name());
            if name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            if entry.file_type().map_err(|source| unreadable(&path, source))?.is_dir() {
                self.add_directory(&path)?;
            } else {
                self.add_found(path)?;
            }
        }
        Ok(())
    }

    /// Adds a file found in a directory if it is text.
    fn add_found(&mut self, path: PathBuf) -> Result<(), WordCountError> {
        // A symbolic link that leads nowhere, or to a directory, is nothing to read.
        let Some(metadata) = fs::metadata(&path).ok().filter(fs::Metadata::is_file) else { return Ok(()) };
        if is_text(&path).map_err(|source| unreadable(&path, source))? {
            self.add(Input::File(path), metadata.len());
        } else {
            self.binary += 1;
        }
        Ok(())
    }
}

fn unreadable(path: &Path, source: io::Error) -> WordCountError {
    WordCountError::Unreadable { path: path.to_owned(), source }
}

fn is_text(path: &Path) -> io::Result<bool> {
    let mut beginning = Vec::new();
    File::open(path)?.take(SNIFF_BYTES).read_to_end(&mut beginning)?;
    Ok(!beginning.contains(&0))
}
