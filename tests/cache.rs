//! The cache directory: what was compiled once is loaded; what is damaged, too old or in the wrong hands is not.

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, SystemTime};
use std::{env, fs};
use support::directory::Directory;
use support::func;
use wasmo::{Config, Engine, Error, Module, OptLevel, Store};

impl Directory {
    fn config(&self) -> Config {
        Config::new().opt_level(OptLevel::None).cache(&self.0)
    }

    /// Its files, the one that was used last at the end.
    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.0).expect("a directory").map(|entry| entry.expect("an entry").path());
        let mut files: Vec<PathBuf> = entries.collect();
        files.sort_by_key(|path| fs::metadata(path).and_then(|found| found.modified()).expect("a time"));
        files
    }

    fn size(&self) -> u64 {
        self.files().iter().map(|path| fs::metadata(path).expect("a file").len()).sum()
    }
}

fn text(answer: i32) -> String {
    format!(r#"(module (func (export "answer") (result i32) (i32.const {answer})))"#)
}

/// Compiles the module with this answer; whether it was loaded instead.
fn is_loaded(engine: &Engine, answer: i32) -> bool {
    let module = Module::new(text(answer), engine).expect("a module");
    let instance = module.instantiate(&Store::new(engine).expect("a store"), &[]).expect("an instance");
    assert_eq!(func(&instance, "answer").typed_call::<(), i32>(()).expect("no trap"), answer);
    module.statistics().compile_time.is_zero()
}

#[test]
fn what_was_compiled_once_is_loaded_with_the_same_settings() {
    let directory = Directory::new("same");
    let engine = |config: Config| Engine::new(config).expect("an engine");
    assert!(!is_loaded(&engine(directory.config()), 1));
    assert!(is_loaded(&engine(directory.config()), 1));
    assert!(!is_loaded(&engine(directory.config()), 2));
    for other in [
        directory.config().opt_level(OptLevel::Optimized),
        directory.config().canonical_nans(true),
        directory.config().signal_handlers(false),
    ] {
        assert!(!is_loaded(&engine(other.clone()), 1));
        assert!(is_loaded(&engine(other), 1));
    }
    assert_eq!(directory.files().len(), 5);
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&directory.0), 0o700);
    assert!(directory.files().iter().all(|file| mode(file) == 0o600));
    // What is not valid is not there.
    assert!(matches!(Module::new("(module (func (result i32)))", engine(directory.config())), Err(Error::Invalid(_))));
    assert_eq!(directory.files().len(), 5);
}

#[test]
fn what_is_damaged_is_compiled_anew() {
    let directory = Directory::new("damage");
    let engine = Engine::new(directory.config()).expect("an engine");
    assert!(!is_loaded(&engine, 1));
    let file = directory.files().pop().expect("a file");
    let whole = fs::read(&file).expect("an artifact");
    for at in (0..whole.len()).step_by(97) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        for bytes in [&damaged[..], &whole[..at]] {
            fs::write(&file, bytes).expect("it is ours");
            assert!(!is_loaded(&engine, 1), "damaged at {at}");
            assert!(is_loaded(&engine, 1), "mended at {at}");
        }
    }
}

#[test]
fn the_files_that_were_used_longest_ago_go_first() {
    let directory = Directory::new("room");
    let unlimited = Engine::new(directory.config()).expect("an engine");
    is_loaded(&unlimited, 0);
    let one = directory.size();
    let engine = Engine::new(directory.config().cache_size(5 * one + one / 2)).expect("an engine");
    let age = |seconds| {
        let time = SystemTime::now() - Duration::from_secs(seconds);
        let file = directory.files().pop().expect("a file");
        fs::File::options().append(true).open(file).and_then(|file| file.set_modified(time)).expect("it is ours");
    };
    age(1000);
    for answer in 1..5 {
        assert!(!is_loaded(&engine, answer));
        age(1000 - answer as u64);
    }
    // The first is used again, so the second is the oldest.
    assert!(is_loaded(&engine, 0));
    assert!(!is_loaded(&engine, 5));
    assert!(directory.size() <= 5 * one + one / 2);
    assert!(is_loaded(&engine, 0) && is_loaded(&engine, 2) && !is_loaded(&engine, 1));
    // What is too large for the cache is not put there.
    let small = Engine::new(directory.config().cache_size(one)).expect("an engine");
    assert!(!is_loaded(&small, 6) && !is_loaded(&small, 6));
}

#[test]
fn what_others_may_write_is_refused() {
    let directory = Directory::new("private");
    Engine::new(directory.config()).expect("an engine");
    fs::set_permissions(&directory.0, fs::Permissions::from_mode(0o777)).expect("it is ours");
    let error = Engine::new(directory.config()).err().expect("refused").to_string();
    assert!(error.contains("others may write there (mode 777)") && error.contains("wasmo-private"), "{error}");
    fs::remove_dir(&directory.0).expect("it is empty");
    fs::write(&directory.0, b"a file").expect("a file");
    let error = Engine::new(directory.config()).err().expect("refused").to_string();
    assert!(error.contains("the cache directory"), "{error}");
    fs::remove_file(&directory.0).expect("it is ours");
}

#[test]
fn without_the_directory_everything_is_only_slower() {
    let directory = Directory::new("gone");
    let engine = Engine::new(directory.config()).expect("an engine");
    assert!(!is_loaded(&engine, 1));
    fs::remove_dir_all(&directory.0).expect("it is ours");
    assert!(!is_loaded(&engine, 1) && !is_loaded(&engine, 1));
    fs::create_dir(&directory.0).expect("nobody else has it");
    // Whoever ended while writing leaves something behind, which goes after an hour.
    let (old, new) = (directory.0.join("x.1-0.tmp"), directory.0.join("y.1-0.tmp"));
    fs::write(&old, b"half").and_then(|()| fs::write(&new, b"half")).expect("it is ours");
    let hours_ago = SystemTime::now() - Duration::from_secs(7200);
    fs::File::options().append(true).open(&old).and_then(|file| file.set_modified(hours_ago)).expect("it is ours");
    assert!(!is_loaded(&engine, 2));
    assert!(!old.exists() && new.exists());
}

#[test]
fn processes_and_threads_share_a_directory_that_is_too_small() {
    const SHARED: &str = "WASMO_TEST_CACHE";
    const NAME: &str = "processes_and_threads_share_a_directory_that_is_too_small";
    let work = |path: &Path| {
        let config = Config::new().opt_level(OptLevel::None).cache(path).cache_size(20_000);
        std::thread::scope(|scope| {
            for thread in 0..3 {
                let config = config.clone();
                scope.spawn(move || {
                    let engine = Engine::new(config).expect("an engine");
                    for i in 0..60 {
                        is_loaded(&engine, (i * 7 + thread) % 10);
                    }
                });
            }
        });
    };
    if let Some(path) = env::var_os(SHARED) {
        return work(Path::new(&path));
    }
    let directory = Directory::new("shared");
    let start = |_| -> Child {
        let mut command = Command::new(env::current_exe().expect("this program"));
        command.args(["--exact", NAME]).env(SHARED, &directory.0).spawn().expect("a child")
    };
    let children: Vec<Child> = (0..3).map(start).collect();
    for mut child in children {
        assert!(child.wait().expect("it ends").success());
    }
    assert!(directory.size() <= 20_000 && !directory.files().is_empty());
    assert!(directory.files().iter().all(|file| file.extension().is_some_and(|extension| extension == "wasmo")));
}
