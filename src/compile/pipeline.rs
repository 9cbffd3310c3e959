//! Which passes run, and what CPU they may assume.

use crate::config::OptLevel;
use crate::error::{Error, Result};
use crate::llvm::TargetSpec;

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

/// The least CPU is x86-64-v2: below it, rounding instructions become calls of libm and popcnt a loop.
pub(super) fn check_cpu(target: &TargetSpec) -> Result<()> {
    const NEEDED: &[&str] =
        if cfg!(target_arch = "x86_64") { &["sse4.1", "sse4.2", "ssse3", "popcnt", "cx16"] } else { &[] };
    match NEEDED.iter().find(|name| !target.enabled_features().any(|feature| feature == **name)) {
        None => Ok(()),
        Some(missing) => Err(Error::Llvm(format!(
            "this CPU ({}) lacks {missing}; wasmo needs at least the level x86-64-v2",
            target.cpu
        ))),
    }
}
