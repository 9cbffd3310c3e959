//! The list of what is not supported yet, `unsupported.txt`.

/// The list, as it was when this test was compiled.
const TEXT: &str = include_str!("unsupported.txt");

/// All entries.
pub struct Unsupported {
    entries: Vec<Entry>,
}

struct Entry {
    /// `suite/file.wast`
    path: String,
    /// The line of a directive; none stands for the whole file.
    line: Option<usize>,
    /// Where the entry itself stands.
    at: usize,
}

/// What is listed of one script.
#[derive(Default)]
pub struct Listed {
    /// Whether any of its directives may be unsupported.
    pub file: bool,
    /// The lines whose directives must be unsupported.
    pub lines: Vec<usize>,
}

impl Unsupported {
    /// Reads the list.
    pub fn load() -> Unsupported {
        let entry = |(text, at): (&str, usize)| {
            let text = text.split('#').next().unwrap_or_default().trim();
            let (path, line) = match text.rsplit_once(':') {
                // A line that is no number stays in the path, which then names no script.
                Some((path, line)) if line.parse::<usize>().is_ok() => (path, line.parse().ok()),
                _ => (text, None),
            };
            (!text.is_empty()).then(|| Entry { path: path.to_owned(), line, at })
        };
        Unsupported { entries: TEXT.lines().zip(1..).filter_map(entry).collect() }
    }

    /// What is listed of the script `path`.
    pub fn of(&self, path: &str) -> Listed {
        let mut listed = Listed::default();
        for entry in self.entries.iter().filter(|entry| entry.path == path) {
            match entry.line {
                Some(line) => listed.lines.push(line),
                None => listed.file = true,
            }
        }
        listed
    }

    /// A message for each entry whose script `exists` does not know.
    pub fn faults(&self, exists: impl Fn(&str) -> bool) -> Vec<String> {
        let stale = self.entries.iter().filter(|entry| !exists(&entry.path));
        stale
            .map(|entry| format!("tests/spec/unsupported.txt:{}: there is no script {}", entry.at, entry.path))
            .collect()
    }
}
