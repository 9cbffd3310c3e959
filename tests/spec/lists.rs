//! The lists of directives that are not expected to pass: `unsupported.txt` and `superseded.txt`.

use std::collections::HashMap;
use std::fmt;

/// Why a directive is not expected to pass.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Exception {
    /// It must end in `Error::Unsupported`.
    Unsupported,
    /// It must come to something else than the script expects.
    Superseded,
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Exception::Unsupported => "unsupported",
            Exception::Superseded => "superseded",
        })
    }
}

/// The lists, as they were when this test was compiled.
const LISTS: [(Exception, &str); 2] = [
    (Exception::Unsupported, include_str!("unsupported.txt")),
    (Exception::Superseded, include_str!("superseded.txt")),
];

/// The entries of all lists.
pub struct Lists {
    entries: Vec<Entry>,
}

struct Entry {
    exception: Exception,
    /// `suite/file.wast`
    path: String,
    /// The line of a directive; none stands for the whole file.
    line: Option<usize>,
    /// The line of its list on which it stands.
    at: usize,
}

/// What is listed of one script.
#[derive(Default)]
pub struct Listed {
    /// Whether any of its directives may be unsupported.
    pub file: bool,
    /// What is expected of the directives that start on these lines.
    pub lines: HashMap<usize, Exception>,
}

impl Lists {
    /// Reads the lists.
    pub fn load() -> Lists {
        let entries = LISTS.iter().flat_map(|(exception, text)| {
            text.lines().zip(1..).filter_map(|(line, at)| Entry::parse(*exception, line, at))
        });
        Lists { entries: entries.collect() }
    }

    /// What is listed of the script `path`.
    pub fn of(&self, path: &str) -> Listed {
        let mut listed = Listed::default();
        for entry in self.entries.iter().filter(|entry| entry.path == path) {
            match entry.line {
                Some(line) => drop(listed.lines.insert(line, entry.exception)),
                None => listed.file = true,
            }
        }
        listed
    }

    /// What is wrong with the lists themselves. `exists` tells whether there is a script.
    pub fn faults(&self, exists: impl Fn(&str) -> bool) -> Vec<String> {
        let fault = |Entry { exception, path, line, at }: &Entry| {
            let fault = match line {
                _ if !exists(path) => format!("there is no script {path}"),
                None if *exception == Exception::Superseded => format!("expected a line of {path}"),
                _ => return None,
            };
            Some(format!("tests/spec/{exception}.txt:{at}: {fault}"))
        };
        self.entries.iter().filter_map(fault).collect()
    }
}

impl Entry {
    /// Reads a line of a list, unless there is nothing but a comment in it.
    fn parse(exception: Exception, text: &str, at: usize) -> Option<Entry> {
        let text = text.split('#').next().unwrap_or_default().trim();
        let with_line = text.rsplit_once(':').and_then(|(path, line)| Some((path, line.parse().ok()?)));
        // What is no number stays in the path, which then names no script.
        let (path, line) = with_line.map_or((text, None), |(path, line)| (path, Some(line)));
        (!text.is_empty()).then(|| Entry { exception, path: path.to_owned(), line, at })
    }
}
