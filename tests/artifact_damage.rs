//! Artifacts that are damaged, by accident or with a checksum that fits: each is refused with the reason, or is at least
//! declarations that agree with each other. Reading one never crashes, hangs or takes much memory.

mod support;

use std::ops::Range;
use support::process::{cost, in_a_process};
use support::{engines, leb128, module};
use wasmo::{Engine, Error, Module};

/// [SplitMix64](https://prng.di.unimi.it/splitmix64.c).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// Modules of every kind of declaration, in both levels of optimisation, as artifacts for the engine.
fn artifacts() -> Vec<(Vec<u8>, Engine)> {
    let texts = [
        include_str!("../fuzz/corpus/sections.wat"),
        include_str!("../fuzz/corpus/segments.wat"),
        include_str!("../c-tests/wat/table.wat"),
        include_str!("../c-tests/wat/trap.wat"),
        include_str!("../c-tests/wat/link.wat"),
    ];
    let of = |engine: Engine| texts.map(|text| (module(&engine, text).dump().expect("an artifact"), engine.clone()));
    engines().into_iter().flat_map(of).collect()
}

/// Where its declarations lie: behind the header, before the first object.
fn declarations(artifact: &[u8]) -> Range<usize> {
    const HEADER: usize = 28;
    let object = artifact.windows(4).position(|window| window == b"\x7fELF");
    HEADER..object.expect("an object")
}

/// Where a number ends that starts there: with the first byte that has no continuation bit.
fn end_of_number(artifact: &[u8], at: usize) -> usize {
    (at..artifact.len()).find(|at| artifact[*at] < 0x80).map_or(artifact.len(), |last| last + 1)
}

fn assert_refused(artifact: &[u8], engine: &Engine) {
    match Module::check_artifact(artifact, engine) {
        Err(Error::Artifact(reason)) => assert!(!reason.is_empty()),
        other => panic!("expected an artifact that is refused, found {other:?}"),
    }
}

#[test]
fn no_flip_and_no_cut_goes_unnoticed() {
    const ROUNDS: usize = 100_000;
    let random = &mut Random(1);
    let mut artifacts = artifacts();
    for round in 0..ROUNDS {
        let which = random.below(artifacts.len());
        let (artifact, engine) = &mut artifacts[which];
        let (at, bit) = (random.below(artifact.len()), 1 << random.below(8));
        if round % 4 == 0 {
            assert_refused(&artifact[..at], engine);
        } else {
            artifact[at] ^= bit;
            assert_refused(artifact, engine);
            artifact[at] ^= bit;
        }
    }
    // They are whole again.
    for (artifact, engine) in &artifacts {
        Module::check_artifact(artifact, engine).expect("a module");
    }
}

/// Numbers that are wrong as a length or an index in one way or another.
const NUMBERS: [u64; 12] =
    [0, 1, 0x7f, 0x80, 0xffff, 1 << 20, 1 << 31, u32::MAX as u64, 1 << 40, i64::MAX as u64, u64::MAX - 15, u64::MAX];

/// Changes declarations in a way that may have a meaning.
fn change(random: &mut Random, artifact: &mut Vec<u8>) {
    let range = declarations(artifact);
    let at = range.start + random.below(range.len());
    let end = end_of_number(artifact, at);
    match random.below(8) {
        0 => artifact[at] ^= 1 << random.below(8),
        1 => artifact[at] = random.next() as u8,
        2 => artifact[at] = artifact[at].wrapping_add(if random.below(2) == 0 { 1 } else { 0xff }),
        3 => drop(artifact.drain(at..end)),
        4 => {
            let copy = artifact[at..(at + random.below(32)).min(range.end)].to_vec();
            drop(artifact.splice(at..at, copy));
        }
        _ => drop(artifact.splice(at..end, leb128(NUMBERS[random.below(NUMBERS.len())]))),
    }
}

#[test]
fn declarations_that_are_sealed_again_are_checked() {
    in_a_process("declarations_that_are_sealed_again_are_checked", || {
        const ROUNDS: usize = 30_000;
        let random = &mut Random(2);
        let artifacts = artifacts();
        let (accepted, seconds, memory) = cost(|| {
            let mut accepted = 0;
            for _ in 0..ROUNDS {
                let (artifact, engine) = &artifacts[random.below(artifacts.len())];
                let mut changed = artifact.clone();
                (0..1 + random.below(3)).for_each(|_| change(random, &mut changed));
                Module::seal_artifact(&mut changed);
                match Module::check_artifact(&changed, engine) {
                    // It may be code for other declarations than the module had: it must not be run.
                    Ok(()) => accepted += 1,
                    Err(Error::Artifact(reason)) => assert!(!reason.is_empty()),
                    Err(other) => panic!("expected a verdict on the artifact, found {other}"),
                }
            }
            accepted
        });
        assert!(accepted > 0 && accepted < ROUNDS / 2, "{accepted} of {ROUNDS} accepted");
        assert!(seconds < 60.0, "{seconds} s");
        assert!(memory < 64 << 20, "{memory} bytes");
    });
}

#[test]
fn no_length_makes_reading_take_memory() {
    in_a_process("no_length_makes_reading_take_memory", || {
        let artifacts = artifacts();
        let ((), _, memory) = cost(|| {
            for (artifact, engine) in &artifacts {
                let range = declarations(artifact);
                for at in range.clone() {
                    for number in [1 << 24, u64::MAX >> 1, u64::MAX] {
                        let mut changed = artifact.clone();
                        drop(changed.splice(at..end_of_number(artifact, at), leb128(number)));
                        Module::seal_artifact(&mut changed);
                        let result = Module::check_artifact(&changed, engine);
                        assert!(matches!(result, Ok(()) | Err(Error::Artifact(_))));
                    }
                }
            }
        });
        assert!(memory < 64 << 20, "{memory} bytes");
    });
}

#[test]
fn what_is_too_long_or_too_short_is_refused_also_when_it_is_sealed() {
    for (artifact, engine) in artifacts() {
        for (length, sealed) in [(1, false), (1, true), (16, true), (-1, true), (-16, true)] {
            let mut other = artifact.clone();
            other.resize(artifact.len().saturating_add_signed(length), 0);
            if sealed {
                Module::seal_artifact(&mut other);
            }
            assert_refused(&other, &engine);
        }
    }
}
