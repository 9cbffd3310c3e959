//! Rounding of floats on CPUs that have an instruction for it and such that have not: every kind of float, compared with
//! what Rust says.

mod support;

use std::collections::BTreeSet;
use support::{func, instantiate, module};
use wasmo::{Config, Cpu, Engine, Instance, OptLevel, Store, TypedFunc};

type Round<F> = fn(F) -> F;

const SINGLE: [(&str, Round<f32>); 4] =
    [("ceil", f32::ceil), ("floor", f32::floor), ("trunc", f32::trunc), ("nearest", f32::round_ties_even)];
const DOUBLE: [(&str, Round<f64>); 4] =
    [("ceil", f64::ceil), ("floor", f64::floor), ("trunc", f64::trunc), ("nearest", f64::round_ties_even)];

/// Engines of both levels, for the least CPU and for the least that rounds.
fn engines() -> impl Iterator<Item = Engine> {
    let levels = [OptLevel::None, OptLevel::Optimized];
    let both = levels.into_iter().flat_map(|level| [(level, Cpu::X86_64), (level, Cpu::X86_64V2)]);
    both.map(|(level, cpu)| Engine::new(Config::new().opt_level(level).cpu(cpu)).expect("an engine"))
}

/// Whether `rounded` is what WebAssembly wants, where `exact` is what Rust makes of `x`, all as bits. A NaN is quiet, and
/// the canonical one if `x` was; its sign is free. `canonical` is that of the type, `sign` the bit of the sign.
fn fits(x: u64, rounded: u64, exact: u64, canonical: u64, sign: u64) -> bool {
    let infinity = canonical & canonical << 1;
    if x & !sign <= infinity {
        return rounded == exact;
    }
    rounded & canonical == canonical && (x & !sign != canonical || rounded & !sign == canonical)
}

fn single_fits(x: u32, rounded: u32, exact: f32) -> bool {
    fits(x.into(), rounded.into(), exact.to_bits().into(), 0x7fc0_0000, 1 << 31)
}

fn double_fits(x: u64, rounded: u64, exact: f64) -> bool {
    fits(x, rounded, exact.to_bits(), 0x7ff8_0000_0000_0000, 1 << 63)
}

/// Bits around those where something changes: each power of two, integers, halves, and the largest fractions.
fn singles() -> Vec<u32> {
    let powers = (0..=255u32).map(|exponent| exponent << 23);
    let halves = (0..200u32).map(|i| (i as f32 * 0.5).to_bits());
    let large = [22, 23, 24, 31, 32, 63, 64].into_iter().map(|power| 2f32.powi(power).to_bits());
    let near =
        powers.chain(halves).chain(large).flat_map(|bits| (0..7).map(move |i| bits.wrapping_add(i).wrapping_sub(3)));
    let quiet = [0x7fc0_0000, 0x7fc0_0001, 0x7fff_ffff, 0x7f80_0001, 0x7fbf_ffff, 0x7fa0_0000];
    near.chain(quiet).flat_map(|bits| [bits, bits ^ 1 << 31]).collect()
}

fn doubles() -> Vec<u64> {
    let powers = (0..=2047u64).map(|exponent| exponent << 52);
    let halves = (0..200u32).map(|i| (f64::from(i) * 0.5).to_bits());
    let large = [51, 52, 53, 54, 63, 64]
        .into_iter()
        .flat_map(|power| [2f64.powi(power), 2f64.powi(power) + 0.5, 2f64.powi(power) - 0.5]);
    let large = large.map(f64::to_bits);
    let near =
        powers.chain(halves).chain(large).flat_map(|bits| (0..7).map(move |i| bits.wrapping_add(i).wrapping_sub(3)));
    let nans = [0x7ff8 << 48, 0x7ff8 << 48 | 1, u64::MAX >> 1, 0x7ff0 << 48 | 1, 0x7ff7 << 48, 0x7ff4 << 48];
    near.chain(nans).flat_map(|bits| [bits, bits ^ 1 << 63]).collect()
}

/// Numbers without a pattern, always the same.
fn scattered() -> impl Iterator<Item = u64> {
    // SplitMix64.
    (1..).map(|i: u64| {
        let z = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

const SCATTERED: usize = 300_000;

fn text() -> String {
    let function = |(name, int, float): (&str, &str, &str)| {
        format!(
            "(func (export \"{float}.{name}\") (param {int}) (result {int})
                ({int}.reinterpret_{float} ({float}.{name} ({float}.reinterpret_{int} (local.get 0)))))"
        )
    };
    let functions = SINGLE.iter().map(|(name, _)| (*name, "i32", "f32"));
    let functions = functions.chain(DOUBLE.iter().map(|(name, _)| (*name, "i64", "f64")));
    format!("(module {})", functions.map(function).collect::<String>())
}

fn instance(engine: &Engine, text: &str) -> Instance {
    instantiate(&Store::new(engine).expect("a store"), &module(engine, text), &[])
}

#[test]
fn floats_are_rounded_as_they_should_be() {
    for engine in engines() {
        let instance = instance(&engine, &text());
        for (name, exact) in SINGLE {
            let name = format!("f32.{name}");
            let round: TypedFunc<i32, i32> = func(&instance, &name).typed().expect("of this type");
            for bits in singles().into_iter().chain(scattered().take(SCATTERED).map(|bits| bits as u32)) {
                let rounded = round.call(bits as i32).expect("no trap") as u32;
                let exact = exact(f32::from_bits(bits));
                assert!(single_fits(bits, rounded, exact), "{name} of {bits:#x} is {rounded:#x}, not {exact}");
            }
        }
        for (name, exact) in DOUBLE {
            let name = format!("f64.{name}");
            let round: TypedFunc<i64, i64> = func(&instance, &name).typed().expect("of this type");
            // Half of them with an exponent where there is a fraction.
            let near_one = |bits: u64| bits & !(0x7ff << 52) | (0x3fb + (bits >> 52) % 60) << 52;
            let scattered = scattered().take(SCATTERED).flat_map(|bits| [bits, near_one(bits)]);
            for bits in doubles().into_iter().chain(scattered) {
                let rounded = round.call(bits as i64).expect("no trap") as u64;
                let exact = exact(f64::from_bits(bits));
                assert!(double_fits(bits, rounded, exact), "{name} of {bits:#x} is {rounded:#x}, not {exact}");
            }
        }
    }
}

/// LLVM computes by itself what it knows the operands of.
#[test]
fn so_are_constants() {
    let some = |bits: Vec<u64>| bits.into_iter().enumerate().filter(|(i, _)| i % 97 < 2).map(|(_, bits)| bits);
    let singles: Vec<u64> = singles().into_iter().map(u64::from).collect();
    let nans = |bits: &Vec<u64>| bits[bits.len() - 12..].to_vec();
    let of = |bits: Vec<u64>| some(bits.clone()).chain(nans(&bits)).collect::<BTreeSet<_>>();
    let (singles, doubles) = (of(singles), of(doubles()));
    let function = |int: &str, float: &str, name: &str, bits: u64| {
        format!(
            "(func (export \"{float}.{name} {bits}\") (result {int})
                ({int}.reinterpret_{float} ({float}.{name} ({float}.reinterpret_{int} ({int}.const {bits})))))"
        )
    };
    let single = SINGLE.iter().flat_map(|(name, _)| singles.iter().map(|bits| function("i32", "f32", name, *bits)));
    let double = DOUBLE.iter().flat_map(|(name, _)| doubles.iter().map(|bits| function("i64", "f64", name, *bits)));
    let text = format!("(module {})", single.chain(double).collect::<String>());
    for engine in engines() {
        let instance = instance(&engine, &text);
        for ((name, exact), bits) in
            SINGLE.iter().flat_map(|round| singles.iter().map(move |bits| (round, *bits as u32)))
        {
            let rounded = func(&instance, &format!("f32.{name} {bits}")).typed_call::<(), i32>(()).expect("no trap");
            assert!(
                single_fits(bits, rounded as u32, exact(f32::from_bits(bits))),
                "{name} of {bits:#x} is {rounded:#x}"
            );
        }
        for ((name, exact), bits) in DOUBLE.iter().flat_map(|round| doubles.iter().map(move |bits| (round, *bits))) {
            let rounded = func(&instance, &format!("f64.{name} {bits}")).typed_call::<(), i64>(()).expect("no trap");
            assert!(
                double_fits(bits, rounded as u64, exact(f64::from_bits(bits))),
                "{name} of {bits:#x} is {rounded:#x}"
            );
        }
    }
}
