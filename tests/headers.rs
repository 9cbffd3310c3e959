//! The headers in `include/` are what cbindgen makes of `src/capi/`: whoever changes one changes the other.
//!
//! `WASMO_BLESS=1 cargo test --test headers` writes them anew.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// A header and the files of `src/capi/` that it is made of, in the order of its functions.
struct Header {
    name: &'static str,
    /// In `include/`: how cbindgen writes it, and the text that is not made from Rust.
    config: &'static str,
    sources: &'static [&'static str],
}

const HEADERS: &[Header] = &[
    Header {
        name: "wasmo.h",
        config: "wasmo.toml",
        sources: &["ext", "compile", "caller", "words", "inspect", "limits"],
    },
    Header {
        name: "wasm.h",
        config: "cbindgen.toml",
        sources: &[
            "bytes",
            "config",
            "engine",
            "store",
            "valtype",
            "functype",
            "globaltype",
            "tabletype",
            "memorytype",
            "tagtype",
            "externtype",
            "importtype",
            "exporttype",
            "val",
            "reference",
            "frame",
            "trap",
            "foreign",
            "module",
            "func",
            "global",
            "table",
            "memory",
            "external",
            "instance",
        ],
    },
];

/// Files that export nothing: they serve the others.
const INTERNAL: &[&str] = &["mod", "boundary", "callback", "error", "vec"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn source(name: &str) -> PathBuf {
    root().join("src/capi").join(name).with_extension("rs")
}

/// The text of a header as its sources have it now.
fn generate(header: &Header) -> String {
    let config =
        cbindgen::Config::from_file(root().join("include").join(header.config)).expect("a valid configuration");
    let builder = header
        .sources
        .iter()
        .fold(cbindgen::Builder::new().with_config(config), |builder, name| builder.with_src(source(name)));
    let mut text = Vec::new();
    builder.generate().expect("sources that cbindgen can read").write(&mut text);
    String::from_utf8(text).expect("UTF-8")
}

#[test]
fn headers_are_what_their_sources_make() {
    for header in HEADERS {
        let path = root().join("include").join(header.name);
        let made = generate(header);
        if env::var_os("WASMO_BLESS").is_some() {
            fs::write(&path, &made).expect("a writable header");
            continue;
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        let lines = || made.lines().map(Some).chain([None]).zip(committed.lines().map(Some).chain([None])).zip(1..);
        if let Some(((made, committed), line)) = lines().find(|((made, committed), _)| made != committed) {
            panic!(
                "{}:{line} is out of date; WASMO_BLESS=1 writes it anew\n  source: {}\n  header: {}",
                header.name,
                made.unwrap_or("(end)"),
                committed.unwrap_or("(end)")
            );
        }
    }
}

#[test]
fn every_file_of_the_boundary_is_in_a_header() {
    let listed = HEADERS.iter().flat_map(|header| header.sources).chain(INTERNAL);
    let listed: BTreeSet<String> = listed.map(|name| name.to_string()).collect();
    let files = fs::read_dir(root().join("src/capi")).expect("the folder of the boundary");
    let present: BTreeSet<String> = files
        .map(|file| file.expect("a file").path().file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    assert_eq!(listed, present);
}

#[test]
fn every_exported_function_is_declared() {
    for header in HEADERS {
        let made = generate(header);
        for name in header.sources {
            let text = fs::read_to_string(source(name)).expect("a source file");
            for function in text.lines().filter_map(|line| line.strip_prefix("pub unsafe extern \"C\" fn ")) {
                let function = function.split('(').next().expect("a name");
                assert!(made.contains(&format!("{function}(")), "{function} is missing from {}", header.name);
            }
        }
    }
}
