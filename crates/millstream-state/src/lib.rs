//! State stores of Millstream: typed stores, byte engines, key encodings
