//! The settings, files and certificates.
