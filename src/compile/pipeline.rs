//! Which passes run.

use crate::config::OptLevel;

/// The pipeline of a level, in the syntax of `opt -passes`. Wasm arrives optimised by its own compiler: what pays is to
/// lift locals into registers, to combine what the stack machine took apart, and to move what does not change out of
/// loops.
pub(super) fn passes(level: OptLevel) -> &'static str {
    match level {
        OptLevel::None => "",
        OptLevel::Optimized => {
            "function(sroa,early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,\
             loop-mssa(licm<allowspeculation>),gvn,instcombine<no-verify-fixpoint>,simplifycfg)"
        }
    }
}
