//! One script from its text to its report.

use super::lists::{Exception, Listed};
use super::plan::Job;
use super::report::Report;
use super::session::{Found, Session, Stop};
use std::any::Any;
use std::cell::Cell;
use std::collections::HashSet;
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use wasmo::Error;
use wast::token::Span;
use wast::{Wast, lexer::Lexer, parser, parser::ParseBuffer};

/// Runs the script of `job`, of which `listed` is not expected to pass. A panic ends it, with a failure.
pub fn run(job: &Job, listed: &Listed) -> Report {
    let mut report = Report::new(job.clone());
    let at = Cell::new(None);
    let result = catch_unwind(AssertUnwindSafe(|| run_directives(job, listed, &mut report, &at)));
    match result {
        Ok(Ok(())) => {}
        Ok(Err(error)) => report.fail(Some(error.span()), &format!("cannot read the script: {}", error.message())),
        Err(panic) => report.fail(at.get(), &format!("panicked: {}", message(&*panic))),
    }
    report
}

fn run_directives(job: &Job, listed: &Listed, report: &mut Report, at: &Cell<Option<Span>>) -> Result<(), wast::Error> {
    let text: &str = &job.script.text;
    let buffer = buffer(text)?;
    let script: Wast<'_> = parser::parse(&buffer)?;
    let line = |at: Span| at.linecol_in(text).0 + 1;
    let trace = env::var_os("WASMO_SPEC_TRACE").is_some();
    let mut session = match Session::new(job) {
        Ok(session) => session,
        Err(error) => {
            report.fail(None, &format!("expected a store, found {error}"));
            return Ok(());
        }
    };
    let mut seen = HashSet::new();
    for directive in script.directives {
        let span = directive.span();
        at.set(Some(span));
        if trace {
            eprintln!("{job}: line {}", line(span));
        }
        // Finding the line reads the text from its start, so it is done where there is something to compare it with.
        let exception = if listed.lines.is_empty() { None } else { listed.lines.get(&line(span)).copied() };
        if exception.is_some() {
            seen.insert(line(span));
        }
        let result = session.run(directive);
        match judge(result, exception, listed.file, |module| report.was_skipped(module)) {
            Verdict::Passed => report.pass(),
            Verdict::Skipped => report.skip(span),
            Verdict::Failed(reason) => report.fail(Some(span), &reason),
            Verdict::Needs(module) => {
                report.fail(Some(span), &format!("it needs what line {} defines, which failed", line(module)));
            }
        }
    }
    for (missing, exception) in listed.lines.iter().filter(|(line, _)| !seen.contains(*line)) {
        report.fail(None, &format!("line {missing} is listed as {exception}, but no directive starts there"));
    }
    if listed.file && report.counts.skipped == 0 {
        report.fail(None, "listed as unsupported, but nothing in it is");
    }
    Ok(())
}

enum Verdict {
    Passed,
    Skipped,
    Failed(String),
    /// It failed because the directive at this place had.
    Needs(Span),
}

/// What a directive counts as, by what it came to and by what is listed of its line and its file.
fn judge(
    result: Result<(), Stop>,
    exception: Option<Exception>,
    file_listed: bool,
    was_skipped: impl Fn(Span) -> bool,
) -> Verdict {
    let reason = match result {
        Err(Stop::Needs(module)) if was_skipped(module) => return Verdict::Skipped,
        Err(Stop::Needs(module)) => return Verdict::Needs(module),
        Err(Stop::Engine(Error::Unsupported(_))) if exception == Some(Exception::Unsupported) || file_listed => {
            return Verdict::Skipped;
        }
        Err(Stop::Failed(_)) if exception == Some(Exception::Superseded) => return Verdict::Skipped,
        Ok(()) if exception.is_none() => return Verdict::Passed,
        Ok(()) => "it passed".to_owned(),
        Err(Stop::Engine(error @ Error::Unsupported(_))) => error.to_string(),
        Err(Stop::Engine(error)) => format!("expected success, found {}", Found::Error(error)),
        Err(Stop::Failed(reason)) => reason,
    };
    Verdict::Failed(match exception {
        Some(exception) => format!("listed as {exception}, but {reason}"),
        None => reason,
    })
}

/// The tokens of a script, or of a module that is quoted in one. They may contain any character: the spec tests that.
pub fn buffer(text: &str) -> Result<ParseBuffer<'_>, wast::Error> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    ParseBuffer::new_with_lexer(lexer)
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("(no message)")
}
