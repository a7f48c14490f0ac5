//! What the programs of Millstream's examples share.
//!
//! * [`wordcount`] is the library part of the binary `wordcount`: word count over files, directories or standard input,
//!   through a whole pipeline on the in-process log.
//! * The small examples (`word_count.rs` and its neighbours, one idea each) stand beside this package's `Cargo.toml` and
//!   need nothing but `millstream`.

pub mod wordcount;
