//! All bodies of a module in one pass, before anything is compiled: validated, measured, and accepted or not.

use super::progress::go_on;
use super::shape::Shape;
use super::{units, workers};
use crate::error::{Error, Result};
use crate::wasm::Body;
use std::ops::{ControlFlow, Range};

/// Bytes of bodies that a thread takes on at a time: so many take a millisecond, and to begin a thread takes a tenth of
/// it. A module that has no more is not given to other threads at all.
const BYTES_AT_A_TIME: usize = 64 << 10;

/// Validates and measures bodies on up to `threads` threads, as in [`workers::run`]. Calls `ended` on the caller's thread
/// with the number of functions and of their bytes, whenever some are done.
///
/// # Errors
/// Of several errors in bodies the first counts. [`Error::Limit`] if they ask for too much, [`Error::Cancelled`] if `ended`
/// broke.
pub(super) fn measure(
    threads: usize,
    bodies: &[Body<'_>],
    mut ended: impl FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Vec<Shape>> {
    let parts = units::group(bodies.iter().map(|body| (body.len(), ())), BYTES_AT_A_TIME);
    let parts: Vec<Range<usize>> = parts.into_iter().map(|(positions, ())| positions).collect();
    let bytes = |part: &Range<usize>| bodies[part.clone()].iter().map(Body::len).sum();
    let mut ended = |part: usize| ended(parts[part].len(), bytes(&parts[part]));
    let shapes = match &*parts {
        [] => Vec::new(),
        [all] => {
            let shapes = shapes(&bodies[all.clone()])?;
            go_on(ended(0))?;
            shapes
        }
        _ => {
            let jobs = parts.iter().map(|part| (bytes(part), part.clone())).collect();
            let measured = workers::run(threads, jobs, || Ok(()), |(), part| shapes(&bodies[part]), ended)?;
            measured.into_iter().flatten().collect()
        }
    };
    check_surplus(&shapes)?;
    Ok(shapes)
}

fn shapes(bodies: &[Body<'_>]) -> Result<Vec<Shape>> {
    let mut allocations = Default::default();
    bodies.iter().map(|body| Shape::of(body, &mut allocations)).collect()
}

/// Refuses a module of which a few bytes ask for millions of values: each takes some 5 µs and 2 KB, whatever the level.
fn check_surplus(shapes: &[Shape]) -> Result<()> {
    const MOST: u64 = 200_000;
    const BYTES_PER_VALUE: u64 = 2;
    let most = MOST + shapes.iter().map(|shape| shape.bytes as u64).sum::<u64>() / BYTES_PER_VALUE;
    let surplus = shapes.iter().map(|shape| shape.surplus).sum::<u64>();
    if surplus <= most {
        return Ok(());
    }
    Err(Error::Limit(format!(
        "calls, blocks, branches and declarations of locals ask for {surplus} values more than code of its size does; \
         at most {most} are accepted"
    )))
}
