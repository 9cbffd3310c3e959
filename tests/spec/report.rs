//! What became of the directives of a script.

use super::plan::Job;
use std::collections::HashSet;
use std::fmt;
use std::iter::Sum;
use std::ops::Add;
use std::str::FromStr;
use wast::token::Span;

/// How many directives ended how.
#[derive(Clone, Copy, Default)]
pub struct Counts {
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
}

impl Add for Counts {
    type Output = Counts;
    fn add(self, other: Counts) -> Counts {
        Counts {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Counts>>(counts: I) -> Counts {
        counts.fold(Counts::default(), Counts::add)
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// As it is displayed.
impl FromStr for Counts {
    type Err = String;

    fn from_str(text: &str) -> Result<Counts, String> {
        let mut numbers = text.split(", ").zip([" passed", " failed", " skipped"]);
        let mut next = || numbers.next().and_then(|(part, what)| part.strip_suffix(what)?.parse().ok());
        match (next(), next(), next()) {
            (Some(passed), Some(failed), Some(skipped)) => Ok(Counts { passed, failed, skipped }),
            _ => Err(format!("expected counts, found {text:?}")),
        }
    }
}

/// What became of the directives of a script in one mode.
pub struct Report {
    job: Job,
    pub counts: Counts,
    failures: Vec<String>,
    /// Where the directives start that were skipped.
    skipped: HashSet<Span>,
}

impl Report {
    pub fn new(job: Job) -> Report {
        Report { job, counts: Counts::default(), failures: Vec::new(), skipped: HashSet::new() }
    }

    pub fn pass(&mut self) {
        self.counts.passed += 1;
    }

    pub fn skip(&mut self, at: Span) {
        self.counts.skipped += 1;
        self.skipped.insert(at);
    }

    pub fn was_skipped(&self, at: Span) -> bool {
        self.skipped.contains(&at)
    }

    /// Counts a failure, at a place in the script if there is one.
    pub fn fail(&mut self, at: Option<Span>, reason: &str) {
        let script = &self.job.script;
        let place =
            at.map(|at| at.linecol_in(&script.text)).map(|(line, column)| format!(":{}:{}", line + 1, column + 1));
        self.failures.push(format!("{}{} [{}]: {reason}", script.path, place.unwrap_or_default(), self.job.way()));
        self.counts.failed += 1;
    }

    /// The report with a failure of the script as a whole.
    pub fn and_failure(mut self, reason: &str) -> Report {
        self.fail(None, reason);
        self
    }

    pub fn print_failures(&self) {
        if !self.failures.is_empty() {
            println!("{}", self.failures.join("\n"));
        }
    }
}
