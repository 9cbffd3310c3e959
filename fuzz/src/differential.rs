//! The target `differential`: random programs do the same in all engines.

use crate::chance;
use crate::counts::Counts;
use crate::random::Random;
use crate::run::{End, Engines, Run};
use crate::value::Stop;
use wasmo::TrapCode;

/// How often each function is called.
const ROUNDS: usize = 16;
/// The most calls, whatever the number of functions.
const MOST_CALLS: usize = 400;
/// The most instances of one module.
const MOST_INSTANCES: usize = 6;
/// The most imports and exports that are compared after each step.
const MOST_ITEMS: usize = 150;

/// Runs a module. `seed` chooses imports, arguments and all else that the host does.
pub fn run(engines: &Engines, bytes: &[u8], seed: u64, counts: &mut Counts) -> Result<(), End> {
    let random = &Random::new(!seed);
    let run = &mut Run::new(engines, bytes, seed, counts)?;
    if link(run, random)?.is_err() {
        return Ok(());
    }
    let mut instances = 1;
    for step in 0.. {
        let funcs = chance::funcs(run.items());
        if funcs.is_empty() || step >= (ROUNDS * funcs.len()).min(MOST_CALLS) {
            break;
        }
        if random.one_in(8)
            && let Some(act) = chance::other(random, run.items())
        {
            run.act(&act, &[])?.ok();
        }
        let act = chance::call(random, run.items(), funcs[step % funcs.len()]);
        let planned = chance::plan(random, run.items());
        let outcome = run.act(&act, &planned)?;
        // Perhaps the fuel is used up: there is more to see with a new instance.
        if outcome == Err(Stop::Trap(TrapCode::Unreachable)) {
            instances += 1;
            if instances > MOST_INSTANCES || link(run, random)?.is_err() {
                break;
            }
        }
    }
    Ok(())
}

/// Makes an instance; whether there is one.
fn link(run: &mut Run<'_>, random: &Random) -> Result<Result<(), Stop>, End> {
    if run.items().len() > MOST_ITEMS {
        run.forget();
    }
    let imports = chance::imports(random, run.items(), &run.import_types());
    let planned = chance::plan(random, run.items());
    Ok(run.instantiate(&imports, &planned)?.map(drop))
}
