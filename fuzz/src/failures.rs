//! What is left of a failure, and what is said of it.

use crate::target::{Fault, Target};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Lines of a module's text that are shown.
const MOST_LINES: usize = 300;

/// The folder of failures.
#[derive(Clone)]
pub struct Failures(PathBuf);

impl Failures {
    pub fn new(folder: PathBuf) -> std::io::Result<Failures> {
        std::fs::create_dir_all(&folder)?;
        Ok(Failures(folder))
    }

    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// Where the module is that is being tried: it is there when the process has died.
    pub fn running(&self, target: Target, seed: u64) -> PathBuf {
        self.0.join(format!("running-{}-{seed}.wasm", target.name()))
    }

    /// Keeps a module that failed, and tells of it.
    pub fn report(&self, target: Target, seed: u64, fault: &Fault) -> std::io::Result<()> {
        let name = target.name();
        let path = self.0.join(format!("{name}-{seed}.wasm"));
        std::fs::write(&path, &fault.module)?;
        let mut text = format!(
            "\n{name}, seed {seed}: {}\n  the module: {}\n  again: cargo run --release --locked \
             --manifest-path fuzz/Cargo.toml --target-dir target/fuzz -- --target {name} --seed {seed}\n",
            fault.what,
            path.display()
        );
        match wasmprinter::print_bytes(&fault.module) {
            Ok(module) => {
                std::fs::write(path.with_extension("wat"), &module)?;
                text.extend(module.lines().take(MOST_LINES).flat_map(|line| [line, "\n"]));
                if module.lines().count() > MOST_LINES {
                    text += &format!(";; the rest is in {}\n", path.with_extension("wat").display());
                }
            }
            Err(error) => text += &format!("  it has no text: {error}\n"),
        }
        // In one piece: other workers tell of theirs.
        std::io::stderr().write_all(text.as_bytes())
    }
}
