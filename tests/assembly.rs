//! What functions are compiled to, beside the functions in `tests/assembly/`: a change of the compiler shows there as a
//! difference in assembly.
//!
//! `WASMO_BLESS=1 cargo test --test assembly` writes it anew. A file's first line may have settings, `;; name=value`.

mod support;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::{env, fs};
use support::process::in_a_process_with;
use wasmo::{Config, Cpu, Engine};

/// No file has more functions, imports included.
const MOST_FUNCTIONS: usize = 64;

/// What begins the lines of expectations, unlike those of other comments.
const EXPECTED: &str = "  ;; ";

fn is_expected(line: &&str) -> bool {
    line.starts_with(EXPECTED)
}

/// The files with functions, in the order of their names.
fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/assembly");
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|name| name == "wat")).collect();
    files.sort();
    files
}

#[test]
fn functions_become_the_assembly_that_is_expected() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("assembly");
    let _ = fs::remove_dir_all(&dir);
    let all: Vec<String> = (0..MOST_FUNCTIONS).map(|index| index.to_string()).collect();
    let variables = [("WASMO_DUMP", &*all.join(",")), ("WASMO_DUMP_DIR", dir.to_str().expect("UTF-8"))];
    in_a_process_with(&variables, "functions_become_the_assembly_that_is_expected", || {
        let wrong: Vec<String> =
            files().iter().enumerate().filter_map(|(module, file)| check(&dir, module, file)).collect();
        assert!(wrong.is_empty(), "WASMO_BLESS=1 writes the expectations anew\n{}", wrong.join("\n"));
    });
}

/// Compares the functions of a file, the process's module of this number, with what they are expected to be; what
/// differs first. Or writes the file anew.
fn check(dir: &Path, module: usize, path: &Path) -> Option<String> {
    let committed = fs::read_to_string(path).expect("a file");
    let text: String = committed.lines().filter(|line| !is_expected(line)).map(|line| format!("{line}\n")).collect();
    let mut config = Config::new().cpu(Cpu::X86_64V3);
    for setting in text.lines().next().expect("a line").trim_start_matches(";;").split_whitespace() {
        if let Some((name, value)) = setting.split_once('=') {
            config.set(name, value).expect("a setting");
        }
    }
    // This machine need not be one that could run it.
    Engine::new(config).and_then(|engine| engine.precompile(&text)).expect("an artifact");
    let dump = |func| fs::read_to_string(dir.join(format!("module{module}.func{func}.s"))).ok();
    // There is none of the imported ones.
    let dumps: Vec<String> = (0..MOST_FUNCTIONS).filter_map(dump).collect();
    let (made, funcs) = with_expectations(&text, |func| listing(&dumps[func]));
    assert_eq!(funcs, dumps.len(), "{}: a function begins a line", path.display());
    if env::var_os("WASMO_BLESS").is_some() {
        fs::write(path, &made).expect("a writable file");
        return None;
    }
    let lines = || made.lines().map(Some).chain([None]).zip(committed.lines().map(Some).chain([None])).zip(1..);
    let ((made, expected), line) = lines().find(|((made, expected), _)| made != expected)?;
    let [made, expected] = [made, expected].map(|line| line.unwrap_or("(end)"));
    Some(format!("{}:{line}\n  compiled: {made}\n  expected: {expected}", path.display()))
}

/// A module in which behind each function stands what it is compiled to, and how many functions that are.
fn with_expectations(text: &str, assembly: impl Fn(usize) -> Vec<String>) -> (String, usize) {
    let (mut result, mut funcs, mut depth) = (String::new(), 0, 0);
    let mut in_func = false;
    for line in text.lines() {
        result += &format!("{line}\n");
        let code = line.split(";;").next().unwrap_or_default();
        in_func |= depth == 1 && code.trim_start().starts_with("(func") && !code.contains("(import");
        depth += code.matches('(').count() as isize - code.matches(')').count() as isize;
        if in_func && depth <= 1 {
            let listing: String = assembly(funcs).iter().map(|line| format!("{EXPECTED}{line}\n")).collect();
            result += &listing;
            funcs += 1;
            in_func = false;
        }
    }
    (result, funcs)
}

/// The instructions and constants of a function, without what tells nothing of it. Labels are named in their order.
fn listing(assembly: &str) -> Vec<String> {
    let lines: Vec<&str> = assembly.lines().map(|line| line.split('#').next().unwrap_or_default().trim()).collect();
    let is_label = |line: &str| line.ends_with(':');
    let is_data = |line: &str| [".quad", ".long", ".short", ".byte", ".zero"].iter().any(|name| line.starts_with(name));
    let is_kept = |line: &&&str| !line.is_empty() && (is_label(line) || is_data(line) || !line.starts_with('.'));
    let words = |line: &str| -> Vec<String> {
        let end = |c: char| !(c.is_alphanumeric() || c == '_' || c == '.');
        line.split(end).filter(|word| word.starts_with(".L")).map(str::to_owned).collect()
    };
    let kept: Vec<&str> = lines.iter().filter(is_kept).copied().collect();
    let used: Vec<String> = kept.iter().filter(|line| !is_label(line)).flat_map(|line| words(line)).collect();
    let mut names = HashMap::new();
    for label in kept.iter().filter(|line| is_label(line)).map(|line| line.trim_end_matches(':')) {
        if used.iter().any(|name| name == label) {
            let kind = if label.starts_with(".LCPI") {
                "constant"
            } else if label.starts_with(".LJTI") {
                "table"
            } else {
                "L"
            };
            let number = 1 + names.values().filter(|name: &&String| name.starts_with(kind)).count();
            names.insert(label.to_owned(), format!("{kind}{number}"));
        }
    }
    let mut result = Vec::new();
    for line in kept {
        if is_label(line) {
            let name = names.get(line.trim_end_matches(':'));
            result.extend(name.map(|name| format!("{name}:")));
            continue;
        }
        let mut text = line.split_whitespace().collect::<Vec<_>>().join(" ");
        // The longer names first: one may begin with another.
        let mut found = words(&text);
        found.sort_by_key(|name| std::cmp::Reverse(name.len()));
        for name in found {
            let known = names.get(&name).cloned().unwrap_or_else(|| "?".into());
            text = text.replace(&name, &known);
        }
        result.push(format!("  {text}"));
    }
    result
}
