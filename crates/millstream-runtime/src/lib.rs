//! Tasks, stream threads, commit, assignment, events of Millstream
