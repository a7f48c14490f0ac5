//! Millstream's DSL, operators, Processor API and topology: no I/O, no clock
