//! Wrong programs do not compile, and the compiler names the remedy. The right ones stand in `absence.rs`.
//!
//! The messages are pinned beside the programs in `compile_fail`. After a change that is meant, or under a compiler that
//! words things anew, write them again with `TRYBUILD=overwrite cargo test -p millstream-tests --test types`.

#[test]
fn errors_of_wrong_programs_name_the_remedy() {
    trybuild::TestCases::new().compile_fail("compile_fail/*.rs");
}
