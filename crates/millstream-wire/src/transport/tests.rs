//! TLS against a server in this process.
