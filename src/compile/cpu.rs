//! What CPU code is made for, and whether this machine is one.

use crate::config::Cpu;
use crate::error::{Error, Result};
use crate::llvm::TargetSpec;

/// The levels of x86-64 and the features that each adds, as LLVM names them.
const LEVELS: [(Cpu, &str, &[&str]); 4] = [
    (Cpu::X86_64, "x86-64", &[]),
    (Cpu::X86_64V2, "x86-64-v2", &["cx16", "popcnt", "sahf", "sse3", "sse4.1", "sse4.2", "ssse3"]),
    (Cpu::X86_64V3, "x86-64-v3", &["avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe", "xsave"]),
    (Cpu::X86_64V4, "x86-64-v4", &["avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl"]),
];

/// What code for this CPU is made for, where `host` is this machine.
pub(super) fn target(cpu: Cpu, host: &TargetSpec) -> TargetSpec {
    #[cfg(feature = "aarch64")]
    if cpu == Cpu::Aarch64 {
        return TargetSpec {
            triple: "aarch64-unknown-linux-gnu".into(),
            cpu: "generic".into(),
            features: "+fp-armv8,+neon".into(),
        };
    }
    let Some(position) = LEVELS.iter().position(|(level, ..)| *level == cpu) else { return host.clone() };
    let features = LEVELS[..=position].iter().flat_map(|(_, _, features)| *features);
    let features: Vec<_> = features.map(|feature| format!("+{feature}")).collect();
    TargetSpec { triple: host.triple.clone(), cpu: LEVELS[position].1.into(), features: features.join(",") }
}

/// Whether `host` runs code for `target`.
///
/// # Errors
/// [`Error::Llvm`] with what is missing.
pub(super) fn check_runs(target: &TargetSpec, host: &TargetSpec) -> Result<()> {
    if target.triple != host.triple {
        return Err(Error::Llvm(format!("this machine ({}) runs no code for {}", host.triple, target.triple)));
    }
    match target.enabled_features().find(|name| !host.enabled_features().any(|feature| feature == *name)) {
        Some(missing) => {
            Err(Error::Llvm(format!("this CPU ({}) lacks {missing}; the level {} needs it", host.cpu, target.cpu)))
        }
        None => Ok(()),
    }
}

/// Whether there is an instruction for each way to round a float: on x86-64 since SSE4.1.
pub(super) fn rounds(target: &TargetSpec) -> bool {
    !target.is_x86_64() || target.enabled_features().any(|feature| feature == "sse4.1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_needs_what_those_below_need() {
        let host = TargetSpec::host();
        let levels = LEVELS.map(|(cpu, ..)| target(cpu, &host));
        assert_eq!(levels.each_ref().map(|level| level.enabled_features().count()), [0, 7, 16, 21]);
        for pair in levels.windows(2) {
            assert!(pair[0].enabled_features().all(|feature| pair[1].enabled_features().any(|other| other == feature)));
        }
        assert_eq!(levels.each_ref().map(rounds), [false, true, true, true]);
        assert_eq!(target(Cpu::Native, &host), host);
    }

    #[test]
    fn a_machine_runs_code_for_what_it_has_and_says_what_it_lacks() {
        let here = TargetSpec::host();
        assert!(check_runs(&here, &here).is_ok());
        let host = TargetSpec { cpu: "nehalem".into(), ..target(Cpu::X86_64V2, &here) };
        let reason = |cpu| check_runs(&target(cpu, &host), &host).err().map(|error| error.to_string());
        assert_eq!((reason(Cpu::Native), reason(Cpu::X86_64), reason(Cpu::X86_64V2)), (None, None, None));
        let lacks = "code generation: this CPU (nehalem) lacks avx; the level x86-64-v3 needs it";
        assert_eq!(reason(Cpu::X86_64V3).as_deref(), Some(lacks));
        assert!(reason(Cpu::X86_64V4).is_some_and(|reason| reason.contains("lacks avx; the level x86-64-v4")));
        let elsewhere = TargetSpec { triple: "aarch64-unknown-linux-gnu".into(), ..here.clone() };
        let reason = check_runs(&elsewhere, &here).expect_err("another machine").to_string();
        assert!(reason.contains("runs no code for aarch64-unknown-linux-gnu"), "{reason}");
    }
}
