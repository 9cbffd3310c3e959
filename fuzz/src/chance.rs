//! What a host does by chance with what there is.

use crate::generate::{FUEL, VALUE_TYPES};
use crate::random::Random;
use crate::side::{Act, Import};
use crate::value::{Item, Value};
use wasmo::{ExternType, FuncType, GlobalType, Limits, Mutability, ValType};

/// The places of functions.
pub fn funcs(items: &[Item]) -> Vec<usize> {
    places(items, |ty| matches!(ty, ExternType::Func(_)))
}

fn places(items: &[Item], fits: impl Fn(&ExternType) -> bool) -> Vec<usize> {
    (0..items.len()).filter(|place| fits(&items[*place].ty)).collect()
}

/// A call of the function at a place.
pub fn call(random: &Random, items: &[Item], place: usize) -> Act {
    let ExternType::Func(ty) = &items[place].ty else { unreachable!("it is a function") };
    let mut args: Vec<Value> = Vec::new();
    for param in ty.params() {
        // Instructions behave in their own way when both operands are the same.
        let earlier = args.iter().find(|arg| arg.ty() == *param).cloned().filter(|_| random.one_in(4));
        args.push(earlier.unwrap_or_else(|| value(random, items, *param)));
    }
    Act::Call(place, args)
}

/// Something else than a call; none if there is nothing to do it with.
pub fn other(random: &Random, items: &[Item]) -> Option<Act> {
    let places = places(items, |ty| !matches!(ty, ExternType::Func(_)));
    if places.is_empty() {
        return None;
    }
    let place = *random.pick(&places);
    Some(match &items[place].ty {
        // More fuel might be too much.
        ExternType::Global(FUEL) => Act::SetGlobal(place, Value::I32(random.below(500) as i32)),
        ExternType::Global(ty) => {
            let ty = if random.one_in(16) { ValType::I64 } else { ty.content };
            Act::SetGlobal(place, value(random, items, ty))
        }
        ExternType::Table(ty) if random.one_in(3) => {
            Act::GrowTable(place, random.below(5), value(random, items, ty.element))
        }
        ExternType::Table(ty) => {
            Act::SetElement(place, random.below(ty.limits.min + 2), value(random, items, ty.element))
        }
        ExternType::Memory(_) if random.one_in(3) => Act::GrowMemory(place, random.below(3)),
        ExternType::Memory(ty) => {
            let (count, end) = (random.index(9), (ty.limits.min << 16) as usize);
            let at = if random.one_in(2) { random.index(1024) } else { end.saturating_sub(random.index(9)) };
            Act::WriteMemory(place, at, random.bytes(count))
        }
        ExternType::Func(_) | ExternType::Tag(_) => unreachable!("they were left out"),
    })
}

/// What imported functions do during the next call: mostly nothing.
pub fn plan(random: &Random, items: &[Item]) -> Vec<Act> {
    let count = if random.one_in(4) { 1 + random.below(3) } else { 0 };
    let funcs = funcs(items);
    let mut act = |_| match random.one_in(2) && !funcs.is_empty() {
        true => {
            let place = *random.pick(&funcs);
            Some(call(random, items, place))
        }
        false => other(random, items),
    };
    (0..count).filter_map(&mut act).collect()
}

fn value(random: &Random, items: &[Item], ty: ValType) -> Value {
    let funcs = funcs(items);
    match ty {
        ValType::FuncRef if !funcs.is_empty() && !random.one_in(4) => Value::Func(Some(*random.pick(&funcs))),
        ValType::ExternRef => Value::Extern(Some(random.below(4) as u32).filter(|&object| object != 0)),
        ty => random.number(ty),
    }
}

/// What fits as imports of these types: new things, or some that are there. No table is imported twice: wasmi 1.1.0 panics
/// when `table.copy` copies between two indices of the same table.
pub fn imports(random: &Random, items: &[Item], types: &[ExternType]) -> Vec<Import> {
    let mut imports: Vec<Import> = Vec::new();
    for ty in types {
        let found = import(random, items, ty);
        let again = matches!(ty, ExternType::Table(_)) && imports.contains(&found);
        imports.push(if again { Import::New(ty.clone()) } else { found });
    }
    imports
}

fn import(random: &Random, items: &[Item], ty: &ExternType) -> Import {
    // Another instance's fuel must stay what it is.
    let there = places(items, |other| other.matches(ty) && *other != ExternType::Global(FUEL));
    match there.is_empty() || random.one_in(2) {
        true => Import::New(ty.clone()),
        false => Import::Existing(*random.pick(&there)),
    }
}

/// Imports of which some may not fit.
pub fn odd_imports(random: &Random, items: &[Item], types: &[ExternType]) -> Vec<Import> {
    let is_anything = |ty: &ExternType| *ty != ExternType::Global(FUEL);
    let there = places(items, is_anything);
    let odd = |random: &Random, ty: &ExternType| match random.below(4) {
        0 if !there.is_empty() => Import::Existing(*random.pick(&there)),
        1 => Import::New(random_type(random, types)),
        _ => Import::New(similar_type(random, ty)),
    };
    let mut imports: Vec<Import> = Vec::new();
    let oddity = 2 + random.below(6);
    for ty in types {
        imports.push(if random.one_in(oddity) { odd(random, ty) } else { import(random, items, ty) });
    }
    match random.below(16) {
        0 => drop(imports.pop()),
        1 => imports.push(Import::New(random_type(random, types))),
        _ => {}
    }
    imports
}

fn random_type(random: &Random, types: &[ExternType]) -> ExternType {
    if types.is_empty() || random.one_in(4) {
        return ExternType::Func(FuncType::new([], []));
    }
    random.pick(types).clone()
}

/// A type that differs from another a little, or not at all.
fn similar_type(random: &Random, ty: &ExternType) -> ExternType {
    let mut ty = ty.clone();
    match &mut ty {
        ExternType::Func(func) => {
            let (mut params, mut results) = (func.params().to_vec(), func.results().to_vec());
            match random.below(3) {
                0 => params.reverse(),
                1 => drop(params.pop()),
                _ => results.push(ValType::I32),
            }
            *func = FuncType::new(params, results);
        }
        ExternType::Global(global) if random.one_in(2) => global.content = *random.pick(&VALUE_TYPES),
        ExternType::Global(GlobalType { mutability, .. }) => {
            *mutability = *random.pick(&[Mutability::Const, Mutability::Var]);
        }
        ExternType::Table(table) if random.one_in(4) => {
            table.element = *random.pick(&[ValType::FuncRef, ValType::ExternRef]);
        }
        ExternType::Table(table) => similar_limits(random, &mut table.limits),
        ExternType::Memory(memory) => similar_limits(random, &mut memory.limits),
        ExternType::Tag(_) => unreachable!("no tags are generated"),
    }
    ty
}

fn similar_limits(random: &Random, limits: &mut Limits) {
    limits.min = (limits.min + random.below(3)).saturating_sub(1);
    let max = limits.max.map(|max| (max + random.below(3)).saturating_sub(1).max(limits.min));
    // Without a bound it fits nothing here: all imports have one.
    limits.max = max.filter(|_| !random.one_in(4));
}
