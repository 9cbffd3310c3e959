//! The layers: which part of `src/` may use which other. An arrow that runs back does not pass.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each part of `src/` and what it may use. `error`, `config` and `bytes` are vocabulary that all may use.
const ALLOWED: &[(&str, &[&str])] = &[
    ("types", &[]),
    ("wasm", &["types"]),
    ("abi", &["types", "wasm"]),
    ("llvm", &[]),
    ("sys", &[]),
    ("translate", &["types", "wasm", "abi", "llvm"]),
    ("compile", &["types", "wasm", "abi", "llvm", "sys", "translate"]),
    ("artifact", &["types", "wasm", "sys"]),
    ("link", &["types", "wasm", "abi", "llvm", "sys"]),
    ("runtime", &["types", "wasm", "abi", "link", "sys"]),
    ("engine", &["types", "wasm", "abi", "llvm", "sys", "compile", "artifact", "link", "runtime"]),
    ("imports", &["runtime", "engine"]),
    ("capi", &["types", "abi", "runtime", "engine"]),
];
const VOCABULARY: &[&str] = &["error", "config", "bytes"];

/// What the names that `lib.rs` re-exports belong to, so that `crate::Trap` is an arrow as well.
fn re_exports(source: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(source.join("lib.rs")).expect("src/lib.rs");
    let mut owners = BTreeMap::new();
    for line in text.split(';').filter_map(|statement| statement.trim().strip_prefix("pub use ")) {
        let (owner, names) = line.split_once("::").expect("a path");
        for name in names.trim_matches(['{', '}']).split(',') {
            owners.insert(name.trim().to_owned(), owner.to_owned());
        }
    }
    owners
}

/// All Rust files below a path.
fn files(path: PathBuf) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path];
    }
    let entries = fs::read_dir(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    entries.flat_map(|entry| files(entry.expect("an entry").path())).collect()
}

/// The first name of each `crate::…` path, with that of each path in a group `crate::{…}`. Comments do not count.
fn used(text: &str) -> Vec<String> {
    let code: String = text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n");
    let name = |path: &str| path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let path = &code[at + "crate::".len()..];
        match path.strip_prefix('{') {
            None => names.push(name(path)),
            Some(group) => {
                // What is nested in the group's paths does not count.
                let (mut depth, mut top) = (0, String::new());
                for c in group.chars() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        _ if depth == 0 => top.push(c),
                        _ => {}
                    }
                }
                names.extend(top.split(',').map(|path| name(path.trim())));
            }
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

#[test]
fn no_arrow_runs_back() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let owners = re_exports(&source);
    let mut wrong = Vec::new();
    for (part, allowed) in ALLOWED {
        let folder = source.join(part);
        let root = if folder.is_dir() { folder } else { folder.with_extension("rs") };
        for file in files(root) {
            for name in used(&fs::read_to_string(&file).expect("a source file")) {
                let owner = owners.get(&name).unwrap_or(&name).as_str();
                // The error carries a trap: the one name of a higher part that the vocabulary has.
                let fine = owner == *part || VOCABULARY.contains(&owner) || allowed.contains(&owner);
                if !fine {
                    wrong.push(format!("{}: {part} uses {owner} ({name})", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that run back:\n{}", wrong.join("\n"));
}

#[test]
fn every_part_of_the_sources_has_its_place() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(source).expect("src") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        let known = ALLOWED.iter().any(|(part, _)| *part == name) || VOCABULARY.contains(&name.as_str());
        assert!(known || name == "lib", "{name} is in no layer");
    }
}

#[test]
fn modules_are_loaded_without_the_decoder() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for part in ["artifact", "link", "llvm", "runtime", "sys", "bytes.rs"] {
        for file in files(source.join(part)) {
            let text = fs::read_to_string(&file).expect("a source file");
            assert!(!text.contains("wasmparser"), "{} decodes WebAssembly", file.display());
        }
    }
}

#[test]
fn unsafe_llvm_calls_stand_in_the_llvm_folder_only() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in files(source.clone()) {
        let text = fs::read_to_string(&file).expect("a source file");
        if !file.starts_with(source.join("llvm")) {
            assert!(!text.contains("llvm_sys"), "{} calls LLVM itself", file.display());
        }
    }
    for part in ["translate", "compile", "abi", "wasm", "types"] {
        for file in files(source.join(part)) {
            let text = fs::read_to_string(&file).expect("a source file");
            assert!(!text.contains("unsafe {"), "{} has an unsafe block", file.display());
        }
    }
}

#[test]
fn uses_are_found() {
    let text =
        "use crate::abi::{A, B};\nuse crate::{types, wasm::{C, D}, Trap};\n// crate::no\nlet x = crate::link::find(1);";
    assert_eq!(used(text), ["abi", "types", "wasm", "Trap", "link"]);
}
