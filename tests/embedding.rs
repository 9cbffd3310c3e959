//! Every operation of the embedding interface of the spec's appendix
//! (https://webassembly.github.io/spec/core/appendix/embedding.html) is documented under its name, with an example.

use std::fs;
use std::path::Path;

const OPERATIONS: [&str; 31] = [
    "store_init",
    "module_decode",
    "module_parse",
    "module_validate",
    "module_instantiate",
    "module_imports",
    "module_exports",
    "instance_export",
    "func_alloc",
    "func_type",
    "func_invoke",
    "table_alloc",
    "table_type",
    "table_read",
    "table_write",
    "table_size",
    "table_grow",
    "mem_alloc",
    "mem_type",
    "mem_read",
    "mem_write",
    "mem_size",
    "mem_grow",
    "global_alloc",
    "global_type",
    "global_read",
    "global_write",
    "ref_type",
    "val_default",
    "match_reftype",
    "match_externtype",
];

/// Those of exceptions, which are not implemented.
const MISSING: [&str; 5] = ["tag_alloc", "tag_type", "exn_alloc", "exn_tag", "exn_read"];

/// All doc comments of items, each as one text.
fn doc_comments(folder: &Path) -> Vec<String> {
    let mut comments = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            comments.extend(doc_comments(&path));
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source file");
        let lines: Vec<Option<&str>> = text.lines().map(|line| line.trim_start().strip_prefix("///")).collect();
        comments.extend(lines.split(Option::is_none).map(|lines| lines.iter().flatten().copied().collect::<String>()));
    }
    comments
}

#[test]
fn every_operation_has_its_name_and_an_example() {
    let comments = doc_comments(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let documented = |name: &str| {
        let name = format!("*{name}*");
        comments.iter().any(|comment| comment.contains(&name) && comment.matches("```").count() == 2)
    };
    let lacking: Vec<_> = OPERATIONS.into_iter().filter(|name| !documented(name)).collect();
    assert!(lacking.is_empty(), "without example: {lacking:?}");
    let listed: Vec<_> = MISSING.into_iter().filter(|name| documented(name)).collect();
    assert!(listed.is_empty(), "there after all: {listed:?}");
}
