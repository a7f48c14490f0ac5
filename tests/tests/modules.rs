//! The direction of modules inside each library crate: they import downwards only, so no two files import each other,
//! not even by way of others.
//!
//! The sources are read as text: `use` declarations and paths in code that begin with `crate`, `super`, `self`, or a
//! module. A name that a `mod.rs` re-exports stands for the file that defines it. Tests and comments do not count.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The source file of a module.
struct Module {
    /// `["dsl", "stream"]` for `src/dsl/stream/mod.rs`.
    path: Vec<String>,
    uses: Vec<Use>,
    /// The code without comments, tests and `use` declarations.
    code: String,
    /// Whether it only lists and re-exports what its children define.
    lists_children: bool,
}

/// A name that a `use` declaration imports.
#[derive(Clone, Debug)]
struct Use {
    path: Vec<String>,
    name: String,
    is_passed_on: bool,
}

fn crates() -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("crates");
    let folders = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let crates = folders.filter(|path| path.join("src/lib.rs").exists());
    crates.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), path.join("src"))).collect()
}

fn read_modules(source: &Path) -> Vec<Module> {
    let (mut modules, mut folders) = (Vec::new(), vec![source.to_owned()]);
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let is_test = path.file_stem().is_some_and(|name| name == "tests");
            if path.is_dir() && !is_test {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !is_test {
                modules.push(Module::read(source, &path));
            }
        }
    }
    modules
}

impl Module {
    fn read(source: &Path, file: &Path) -> Self {
        let name = file.file_name().unwrap();
        let mut path: Vec<String> = file.strip_prefix(source).unwrap().with_extension("").iter().map(text_of).collect();
        let lists_children = name == "mod.rs" || name == "lib.rs";
        if lists_children {
            path.pop();
        }
        Self::parse(path, &fs::read_to_string(file).unwrap(), lists_children)
    }

    fn parse(path: Vec<String>, text: &str, lists_children: bool) -> Self {
        let text = without_comments_and_tests(text);
        let (mut uses, mut code, mut rest) = (Vec::new(), String::new(), text.as_str());
        while let Some(at) = next_use(rest) {
            let (before, declaration) = rest.split_at(at);
            let (declaration, after) = declaration.split_once(';').unwrap();
            let line = before.rfind('\n').map_or(before, |at| &before[at + 1..]);
            let is_passed_on = line.trim_start().starts_with("pub");
            expand(&declaration["use ".len()..], &[], &mut |path, name| {
                uses.push(Use { path, name, is_passed_on });
            });
            code.push_str(before);
            rest = after;
        }
        code.push_str(rest);
        Self { path, uses, code, lists_children }
    }

    fn mentions(&self, name: &str) -> bool {
        words(&self.code).any(|word| word == name)
    }
}

fn text_of(part: &std::ffi::OsStr) -> String {
    part.to_string_lossy().into_owned()
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|letter: char| !letter.is_alphanumeric() && letter != '_').filter(|word| !word.is_empty())
}

fn without_comments_and_tests(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    text.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n")
}

/// Where the next `use` declaration begins.
fn next_use(code: &str) -> Option<usize> {
    code.match_indices("use ").map(|(at, _)| at).find(|at| {
        let line = code[..*at].rfind('\n').map_or(&code[..*at], |start| &code[start + 1..*at]);
        let before = line.trim();
        before.is_empty()
            || (before.starts_with("pub") && !before.contains(' '))
            || (before.starts_with("pub(in") && before.ends_with(')'))
    })
}

/// Passes each name of a `use` tree on, with its path.
fn expand(tree: &str, before: &[String], found: &mut dyn FnMut(Vec<String>, String)) {
    let tree = tree.trim();
    if let Some((head, group)) = tree.split_once('{') {
        let path = [before, &segments(head)].concat();
        let group = group.strip_suffix('}').unwrap();
        split_outside_braces(group).into_iter().for_each(|part| expand(part, &path, found));
        return;
    }
    if tree.is_empty() {
        return;
    }
    let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, alias)| (path, Some(alias)));
    let mut path = [before, &segments(path)].concat();
    if path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    let name = alias.map_or_else(|| path.last().unwrap().clone(), |alias| alias.trim().to_owned());
    found(path, name);
}

fn segments(path: &str) -> Vec<String> {
    path.split("::").map(str::trim).filter(|segment| !segment.is_empty()).map(str::to_owned).collect()
}

fn split_outside_braces(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut begin) = (Vec::new(), 0, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[begin..]);
    parts
}

/// The modules of one crate.
struct Crate {
    modules: Vec<Module>,
    by_path: BTreeMap<Vec<String>, usize>,
}

impl Crate {
    fn new(modules: Vec<Module>) -> Self {
        let by_path = modules.iter().enumerate().map(|(number, module)| (module.path.clone(), number)).collect();
        Self { modules, by_path }
    }

    /// The module that defines what `path` names inside `module`; `None` where it is none of this crate's.
    fn resolve(&self, module: usize, path: &[String], depth: usize) -> Option<usize> {
        let here = &self.modules[module].path;
        let (mut at, mut rest) = match path.first()?.as_str() {
            "crate" => (Vec::new(), &path[1..]),
            "self" => (here.clone(), &path[1..]),
            "super" => (here[..here.len().checked_sub(1)?].to_vec(), &path[1..]),
            first if self.by_path.contains_key(&[here.as_slice(), &[first.to_owned()]].concat()) => {
                (here.clone(), path)
            }
            _ => return None,
        };
        while let Some((next, further)) = rest.split_first() {
            if next == "super" {
                at.pop();
            } else if self.by_path.contains_key(&[at.as_slice(), std::slice::from_ref(next)].concat()) {
                at.push(next.clone());
            } else {
                break;
            }
            rest = further;
        }
        let owner = *self.by_path.get(&at)?;
        let Some(name) = rest.first() else { return Some(owner) };
        let passed_on = self.modules[owner].uses.iter().filter(|used| used.name == *name || used.name == "*");
        let mut origins = passed_on.filter(|used| used.is_passed_on && depth < 8).filter_map(|used| {
            let path = if used.name == "*" {
                [&used.path[..used.path.len() - 1], std::slice::from_ref(name)].concat()
            } else {
                used.path.clone()
            };
            self.resolve(owner, &path, depth + 1)
        });
        Some(origins.find(|origin| *origin != owner).unwrap_or(owner))
    }

    fn imports(&self, number: usize) -> BTreeSet<usize> {
        let module = &self.modules[number];
        let counts = |used: &&Use| !used.is_passed_on || !module.lists_children || module.mentions(&used.name);
        let declared = module.uses.iter().filter(counts).filter_map(|used| self.resolve(number, &used.path, 0));
        let in_code = paths_in(&module.code).into_iter().filter_map(|path| {
            let imported = module.uses.iter().find(|used| used.name == path[0]);
            let path = imported.map_or_else(|| path.clone(), |used| [&used.path[..], &path[1..]].concat());
            self.resolve(number, &path, 0)
        });
        declared.chain(in_code).filter(|target| *target != number).collect()
    }

    /// The modules that are in a cycle of imports, cycle by cycle.
    fn cycles(&self) -> Vec<BTreeSet<String>> {
        let imports: Vec<BTreeSet<usize>> = (0..self.modules.len()).map(|module| self.imports(module)).collect();
        let reached: Vec<BTreeSet<usize>> = (0..imports.len()).map(|module| reachable(&imports, module)).collect();
        let mut cycles = BTreeSet::new();
        for module in 0..imports.len() {
            let cycle = reached[module].iter().filter(|other| reached[**other].contains(&module));
            let names: BTreeSet<String> = cycle.map(|other| self.modules[*other].path.join("/")).collect();
            if !names.is_empty() {
                cycles.insert(names);
            }
        }
        cycles.into_iter().collect()
    }
}

fn reachable(imports: &[BTreeSet<usize>], from: usize) -> BTreeSet<usize> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(module) = open.pop() {
        open.extend(imports[module].iter().filter(|target| reached.insert(**target)));
    }
    reached
}

/// Paths such as `crate::a::B` in code, outside of `use` declarations.
fn paths_in(code: &str) -> Vec<Vec<String>> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let paths = code.split(|letter: char| !is_part(letter)).filter(|path| path.contains("::"));
    paths.map(segments).filter(|path| path.len() > 1).collect()
}

#[test]
fn modules_import_downwards_only() {
    let mut found = Vec::new();
    for (name, source) in crates() {
        for cycle in Crate::new(read_modules(&source)).cycles() {
            found.push(format!("{name}: {}", Vec::from_iter(cycle).join(", ")));
        }
    }
    assert!(found.is_empty(), "these modules import each other, directly or by way of others: {found:#?}");
}

/// The reading of sources, on a crate of four files.
#[test]
fn cycles_are_found_and_re_exported_names_lead_to_their_file() {
    let cycles = |leaf: &str| {
        let module = |path: &[&str], text: &str, lists: bool| {
            Module::parse(path.iter().map(|part| (*part).to_owned()).collect(), text, lists)
        };
        Crate::new(vec![
            module(&[], "mod a;\nmod b;\npub use a::{Top, leaf::Leaf};\n", true),
            module(&["a"], "pub(crate) use leaf::Leaf;\nuse crate::b;\npub struct Top(b::Part);\n", true),
            module(&["a", "leaf"], leaf, false),
            module(&["b"], "// use crate::Top;\nuse crate::a::Leaf;\npub struct Part(Leaf);\n", false),
        ])
        .cycles()
    };
    assert!(cycles("pub struct Leaf;").is_empty());
    assert_eq!(
        cycles("use super::Top;\npub struct Leaf(Top);"),
        [BTreeSet::from(["a", "a/leaf", "b"].map(str::to_owned))]
    );
    assert_eq!(cycles("pub struct Leaf(crate::b::Part);"), [BTreeSet::from(["a/leaf", "b"].map(str::to_owned))]);
}
