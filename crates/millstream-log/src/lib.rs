//! The log traits of Millstream and the in-process log
