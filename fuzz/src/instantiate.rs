//! The target `instantiate`: imports of the wrong number, kind, type or size, segments out of bounds and start functions that
//! trap have the same effect in all engines, and leave a store that can be used.

use crate::chance;
use crate::counts::Counts;
use crate::random::Random;
use crate::run::{End, Engines, Run};

/// How often a module is instantiated.
const ATTEMPTS: usize = 12;
/// What is done with all that is there, after each attempt.
const ACTS: usize = 3;

/// Runs a module. `seed` chooses imports and all else that the host does.
pub fn run(engines: &Engines, bytes: &[u8], seed: u64, counts: &mut Counts) -> Result<(), End> {
    let random = &Random::new(!seed);
    let run = &mut Run::new(engines, bytes, seed, counts)?;
    let types = run.import_types();
    for _ in 0..ATTEMPTS {
        if random.one_in(6) {
            run.forget();
        }
        let imports = chance::odd_imports(random, run.items(), &types);
        let planned = chance::plan(random, run.items());
        run.instantiate(&imports, &planned)?.ok();
        for _ in 0..ACTS {
            let funcs = chance::funcs(run.items());
            if funcs.is_empty() || random.one_in(4) {
                if let Some(act) = chance::other(random, run.items()) {
                    run.act(&act, &[])?.ok();
                }
            } else {
                let act = chance::call(random, run.items(), *random.pick(&funcs));
                run.act(&act, &chance::plan(random, run.items()))?.ok();
            }
        }
    }
    Ok(())
}
