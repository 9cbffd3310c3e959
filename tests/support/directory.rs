//! Directories for the time of a test.

use std::path::PathBuf;

/// A directory that is gone at the end. Whoever needs it makes it.
pub struct Directory(pub PathBuf);

impl Directory {
    /// One that no other test has, and no other process.
    pub fn new(test: &str) -> Directory {
        let path = std::env::temp_dir().join(format!("wasmo-{test}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Directory(path)
    }

    /// The same, made.
    pub fn made(test: &str) -> Directory {
        let directory = Directory::new(test);
        std::fs::create_dir(&directory.0).expect("a directory");
        directory
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
