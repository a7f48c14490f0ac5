//! With the default features, nothing that the crate depends on is C or assembler that is compiled.
#![allow(clippy::unwrap_used)]

use std::process::Command;

/// Crates that run a compiler of C, or an assembler.
const COMPILERS: [&str; 6] = ["cc", "cmake", "bindgen", "nasm-rs", "pkg-config", "vcpkg"];

/// Ends in `-sys`, and is Rust only: the numbers of Linux's system calls.
const RUST_ONLY: &str = "linux-raw-sys";

#[test]
fn no_dependency_runs_a_compiler_of_c() {
    for target in ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"] {
        let names = dependencies(target);
        assert!(names.contains(&"rustls".to_owned()) && names.contains(&"graviola".to_owned()), "{names:?}");
        for name in names {
            let is_c = COMPILERS.contains(&name.as_str()) || (name.ends_with("-sys") && name != RUST_ONLY);
            assert!(!is_c, "`{name}` has come in: `cargo tree -p millstream-wire -i {name} --target {target}`");
        }
    }
}

fn dependencies(target: &str) -> Vec<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(["tree", "--locked", "-e", "normal,build", "--prefix", "none"]);
    cargo.args(["--format", "{p}", "--target", target]);
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}
