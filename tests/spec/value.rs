//! Values of scripts: arguments, and what results must look like.

use wasmo::{Error, ExternRef, Store, Val};
use wast::core::{AbstractHeapType, HeapType, NanPattern, WastArgCore, WastRetCore};
use wast::token::{F32, F64};
use wast::{WastArg, WastRet};

/// The value of an argument. An object of the host is its number in the script.
pub fn argument(store: &Store, argument: &WastArg<'_>) -> Result<Val, Error> {
    let WastArg::Core(argument) = argument else {
        return Err(Error::Unsupported("values of components".to_owned()));
    };
    match argument {
        WastArgCore::I32(value) => Ok(Val::I32(*value)),
        WastArgCore::I64(value) => Ok(Val::I64(*value)),
        WastArgCore::F32(value) => Ok(Val::F32(value.bits)),
        WastArgCore::F64(value) => Ok(Val::F64(value.bits)),
        WastArgCore::RefNull(HeapType::Abstract { shared: false, ty: AbstractHeapType::Func }) => {
            Ok(Val::FuncRef(None))
        }
        WastArgCore::RefNull(HeapType::Abstract { shared: false, ty: AbstractHeapType::Extern }) => {
            Ok(Val::ExternRef(None))
        }
        WastArgCore::RefExtern(number) => Ok(Val::ExternRef(Some(ExternRef::new(store, *number)))),
        other => Err(Error::Unsupported(format!("the argument {other:?}"))),
    }
}

/// Whether results are what is expected of each.
pub fn all_fit(expected: &[WastRet<'_>], found: &[Val]) -> bool {
    let fits = |(expected, found): (&WastRet<'_>, _)| matches!(expected, WastRet::Core(core) if fits(core, found));
    expected.len() == found.len() && expected.iter().zip(found).all(fits)
}

fn fits(expected: &WastRetCore<'_>, found: &Val) -> bool {
    match (expected, found) {
        (WastRetCore::I32(expected), Val::I32(found)) => expected == found,
        (WastRetCore::I64(expected), Val::I64(found)) => expected == found,
        (WastRetCore::F32(expected), Val::F32(found)) => f32_fits(expected, *found),
        (WastRetCore::F64(expected), Val::F64(found)) => f64_fits(expected, *found),
        (WastRetCore::RefNull(None), Val::FuncRef(None) | Val::ExternRef(None)) => true,
        (WastRetCore::RefNull(Some(HeapType::Abstract { shared: false, ty })), found) => match ty {
            AbstractHeapType::Func | AbstractHeapType::NoFunc => matches!(found, Val::FuncRef(None)),
            AbstractHeapType::Extern | AbstractHeapType::NoExtern => matches!(found, Val::ExternRef(None)),
            _ => false,
        },
        (WastRetCore::RefFunc(_), Val::FuncRef(Some(_))) => true,
        (WastRetCore::RefExtern(number), Val::ExternRef(Some(object))) => {
            number.is_none_or(|number| object.data().downcast_ref() == Some(&number))
        }
        (WastRetCore::Either(choices), found) => choices.iter().any(|choice| fits(choice, found)),
        _ => false,
    }
}

/// A canonical NaN has only the highest bit of its payload set, an arithmetic one at least that bit
/// ([spec](https://webassembly.github.io/spec/core/syntax/values.html#floating-point)).
fn f32_fits(expected: &NanPattern<F32>, found: u32) -> bool {
    const CANONICAL: u32 = 0x7fc0_0000;
    match expected {
        NanPattern::CanonicalNan => found & !(1 << 31) == CANONICAL,
        NanPattern::ArithmeticNan => found & CANONICAL == CANONICAL,
        NanPattern::Value(value) => found == value.bits,
    }
}

fn f64_fits(expected: &NanPattern<F64>, found: u64) -> bool {
    const CANONICAL: u64 = 0x7ff8_0000_0000_0000;
    match expected {
        NanPattern::CanonicalNan => found & !(1 << 63) == CANONICAL,
        NanPattern::ArithmeticNan => found & CANONICAL == CANONICAL,
        NanPattern::Value(value) => found == value.bits,
    }
}

/// Values as a list in parentheses.
pub fn show_all(values: &[Val]) -> String {
    list(values.iter().map(show))
}

/// Expected results as a list in parentheses.
pub fn show_expected(expected: &[WastRet<'_>]) -> String {
    list(expected.iter().map(|expected| match expected {
        WastRet::Core(core) => show_core(core),
        other => format!("{other:?}"),
    }))
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("({})", items.collect::<Vec<_>>().join(", "))
}

fn show(value: &Val) -> String {
    match value {
        Val::I32(value) => format!("i32 {value}"),
        Val::I64(value) => format!("i64 {value}"),
        Val::F32(bits) => format!("f32 {} = {bits:#010x}", f32::from_bits(*bits)),
        Val::F64(bits) => format!("f64 {} = {bits:#018x}", f64::from_bits(*bits)),
        Val::FuncRef(func) => format!("{} funcref", if func.is_some() { "a" } else { "the null" }),
        Val::ExternRef(None) => "the null externref".to_owned(),
        Val::ExternRef(Some(object)) => format!("externref {:?}", object.data().downcast_ref::<u32>()),
    }
}

fn show_core(expected: &WastRetCore<'_>) -> String {
    match expected {
        WastRetCore::I32(value) => show(&Val::I32(*value)),
        WastRetCore::I64(value) => show(&Val::I64(*value)),
        WastRetCore::F32(NanPattern::Value(value)) => show(&Val::F32(value.bits)),
        WastRetCore::F64(NanPattern::Value(value)) => show(&Val::F64(value.bits)),
        WastRetCore::F32(NanPattern::CanonicalNan) => "f32 nan:canonical".to_owned(),
        WastRetCore::F32(NanPattern::ArithmeticNan) => "f32 nan:arithmetic".to_owned(),
        WastRetCore::F64(NanPattern::CanonicalNan) => "f64 nan:canonical".to_owned(),
        WastRetCore::F64(NanPattern::ArithmeticNan) => "f64 nan:arithmetic".to_owned(),
        WastRetCore::Either(choices) => choices.iter().map(show_core).collect::<Vec<_>>().join(" or "),
        other => format!("{other:?}"),
    }
}
