//! One script from its text to its report.

use super::plan::Job;
use super::report::Report;
use super::session::{Session, Stop};
use super::unsupported::Listed;
use std::any::Any;
use std::cell::Cell;
use std::collections::HashSet;
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use wasmo::Error;
use wast::token::Span;
use wast::{Wast, lexer::Lexer, parser, parser::ParseBuffer};

/// Runs the script of `job`, of which `listed` is expected to be unsupported. A panic ends it, with a failure.
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
    let mut session = match Session::new(&job.script, job.level.opt) {
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
        let on_listed_line = !listed.lines.is_empty() && listed.lines.contains(&line(span));
        if on_listed_line {
            seen.insert(line(span));
        }
        let result = session.run(directive);
        judge(result, span, on_listed_line, listed.file, report, line);
    }
    for missing in listed.lines.iter().filter(|line| !seen.contains(line)) {
        report.fail(None, &format!("line {missing} is listed as unsupported, but no directive starts there"));
    }
    if listed.file && report.counts.skipped == 0 {
        report.fail(None, "listed as unsupported, but nothing in it is");
    }
    Ok(())
}

/// Counts a directive, by what it came to and by what was expected of it.
fn judge(
    result: Result<(), Stop>,
    at: Span,
    line_listed: bool,
    file_listed: bool,
    report: &mut Report,
    line: impl Fn(Span) -> usize,
) {
    let reason = match result {
        Ok(()) if line_listed => "it passed".to_owned(),
        Ok(()) => return report.pass(),
        Err(Stop::Engine(Error::Unsupported(_))) if line_listed || file_listed => return report.skip(at),
        Err(Stop::Needs(module)) if report.was_skipped(module) => return report.skip(at),
        Err(Stop::Needs(module)) => format!("it needs what line {} defines, which failed", line(module)),
        Err(Stop::Engine(error)) => format!("expected success, found {error}"),
        Err(Stop::Failed(reason)) => reason,
    };
    let reason = if line_listed { format!("listed as unsupported, but {reason}") } else { reason };
    report.fail(Some(at), &reason);
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
