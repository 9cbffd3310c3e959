//! What CPU code is made for.

use crate::config::Cpu;
use crate::error::{Error, Result};
use crate::llvm::TargetSpec;

/// The levels of x86-64 and the features that each adds, as LLVM names them.
const LEVELS: [(Cpu, &str, &[&str]); 3] = [
    (Cpu::X86_64V2, "x86-64-v2", &["cx16", "popcnt", "sahf", "sse3", "sse4.1", "sse4.2", "ssse3"]),
    (Cpu::X86_64V3, "x86-64-v3", &["avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe", "xsave"]),
    (Cpu::X86_64V4, "x86-64-v4", &["avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl"]),
];

/// The target of code for this CPU, which this machine must be able to run. The least is x86-64-v2: below it, rounding
/// instructions become calls of libm and popcnt a loop.
pub(super) fn target(cpu: Cpu) -> Result<TargetSpec> {
    let host = TargetSpec::host();
    let position = LEVELS.iter().position(|(level, ..)| *level == cpu);
    let needed = || LEVELS[..=position.unwrap_or(0)].iter().flat_map(|(_, _, features)| *features);
    if let Some(missing) = needed().find(|name| !host.enabled_features().any(|feature| feature == **name)) {
        let level = LEVELS[position.unwrap_or(0)].1;
        return Err(Error::Llvm(format!("this CPU ({}) lacks {missing}; the level {level} needs it", host.cpu)));
    }
    Ok(match position {
        None => host,
        Some(position) => {
            let features: Vec<_> = needed().map(|feature| format!("+{feature}")).collect();
            TargetSpec { cpu: LEVELS[position].1.into(), features: features.join(","), ..host }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_needs_what_those_below_need() {
        // Every machine that wasmo runs on has this level.
        let v2 = target(Cpu::X86_64V2).unwrap();
        assert_eq!(v2.cpu, "x86-64-v2");
        assert_eq!(v2.enabled_features().count(), 7);
        if let Ok(v3) = target(Cpu::X86_64V3) {
            assert!(v2.enabled_features().all(|feature| v3.enabled_features().any(|other| other == feature)));
            assert!(v3.enabled_features().any(|feature| feature == "avx2"));
        }
    }
}
