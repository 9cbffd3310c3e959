//! Checks for LLVM before the linker misses it, and names the shared library.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The LLVM that the code is written for.
const LLVM_MAJOR: &str = "22";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=LLVM_SYS_221_PREFIX");
    match check_llvm() {
        Ok(include) => compile(&include),
        Err(reason) => println!("cargo:error={reason}"),
    }
    let major = env::var("CARGO_PKG_VERSION_MAJOR").expect("set by cargo");
    println!("cargo:rerun-if-changed=src");
    println!("cargo:rustc-env=WASMO_BUILD={:016x}", hash_of(Path::new("src")));
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libwasmo.so.{major}");
    // The bounds of a section that has its own are nobody else's business.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,start-stop-visibility=hidden");
}

/// A hash (FNV-1a) of all that makes code and runs it: artifacts of one build are no good for another, whatever the
/// version says.
fn hash_of(path: &Path) -> u64 {
    const START: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x100_0000_01b3;
    let add =
        |hash: u64, bytes: &[u8]| bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME));
    if path.is_file() {
        return add(START, &fs::read(path).expect("a source file"));
    }
    let mut entries: Vec<PathBuf> =
        fs::read_dir(path).expect("the sources").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    entries.iter().fold(START, |hash, entry| add(hash, &hash_of(entry).to_le_bytes()))
}

/// Compiles what is written in C++, with LLVM's headers. Its standard library is linked with LLVM.
fn compile(include: &str) {
    let mut build = cc::Build::new();
    build.cpp(true).std("c++17").cpp_link_stdlib(None).file("src/llvm/codegen.cpp");
    // As LLVM itself. Its headers are not ours to warn of.
    build.define("NDEBUG", None).opt_level(2);
    build.flag("-fno-exceptions").flag("-fno-rtti").flag("-isystem").flag(include);
    build.compile("wasmo_llvm");
}

/// Where the headers of the LLVM are that will be linked, if it is there and is the right one; if not, the one thing to do
/// about it.
fn check_llvm() -> Result<String, String> {
    let install =
        "`make deps` installs it (Debian: llvm-22-dev libpolly-22-dev libzstd-dev zlib1g-dev libffi-dev libxml2-dev)";
    let config = match env::var_os("LLVM_SYS_221_PREFIX") {
        Some(prefix) => Path::new(&prefix).join("bin").join("llvm-config"),
        None => PathBuf::from(format!("llvm-config-{LLVM_MAJOR}")),
    };
    let ask = |args: &[&str]| -> Option<String> {
        let output = Command::new(&config).args(args).output().ok().filter(|output| output.status.success())?;
        String::from_utf8(output.stdout).ok()
    };
    let Some(version) = ask(&["--version"]) else {
        return Err(format!("LLVM {LLVM_MAJOR} was not found ({} does not run); {install}", config.display()));
    };
    if version.split('.').next() != Some(LLVM_MAJOR) {
        return Err(format!("LLVM {LLVM_MAJOR} is needed, {} is {}; {install}", config.display(), version.trim()));
    }
    if env::var_os("CARGO_FEATURE_STATIC_LLVM").is_some() {
        let files = ask(&["--link-static", "--libfiles"]).unwrap_or_default();
        if let Some(missing) = files.split_whitespace().find(|file| !Path::new(file).exists()) {
            return Err(format!("LLVM's static library {missing} is missing; {install}"));
        }
        if files.is_empty() {
            return Err(format!("LLVM {LLVM_MAJOR} has no static libraries; {install}"));
        }
    }
    let include = ask(&["--includedir"]).unwrap_or_default();
    Ok(include.trim().to_owned())
}
