//! Writing to and restoring from changelog topics
