//! One case: a module in all engines, call by call.

use crate::random::Random;
use crate::side::Side;
use crate::value::{self, Item, Stop, Value};
use crate::wasmi_side::{self, WasmiSide};
use crate::wasmo_side::WasmoSide;
use wasmo::{Config, OptLevel, TrapCode};

/// How often each function is called.
const ROUNDS: usize = 4;

/// The engines, for all cases.
pub struct Engines {
    wasmi: wasmi::Engine,
    wasmo: [(OptLevel, wasmo::Engine); 2],
}

/// How much was compared.
#[derive(Default)]
pub struct Counts {
    pub cases: u64,
    pub modules: u64,
    pub instances: u64,
    pub calls: u64,
    pub returns: u64,
    pub passed: u64,
    pub failed: u64,
}

impl Engines {
    pub fn new() -> wasmo::Result<Engines> {
        let engine = |level| Ok::<_, wasmo::Error>((level, wasmo::Engine::new(Config::new().opt_level(level))?));
        Ok(Engines { wasmi: wasmi_side::engine(), wasmo: [engine(OptLevel::None)?, engine(OptLevel::Optimized)?] })
    }
}

/// Runs a module. `seed` chooses the arguments.
///
/// # Errors
/// The first difference between an engine under test and the oracle.
pub fn run(engines: &Engines, bytes: &[u8], seed: u64, counts: &mut Counts) -> Result<(), String> {
    let oracle = WasmiSide::new(&engines.wasmi, bytes);
    let mut tested = Vec::new();
    for (level, engine) in &engines.wasmo {
        match (&oracle, WasmoSide::new(engine, bytes)) {
            (Ok(_), Ok(side)) => tested.push((*level, side)),
            (Err(_), Err(_)) => {}
            (Ok(_), Err(stop)) => return Err(format!("{level:?}: the module is refused: {stop:?}")),
            (Err(stop), Ok(_)) => return Err(format!("{level:?}: the module is accepted; the oracle says {stop:?}")),
        }
    }
    let oracle = oracle.map_err(|stop| format!("all engines refuse the module: {stop:?}"))?;
    counts.modules += 1;
    Run { oracle, tested, random: Random::new(!seed), counts }.run()
}

struct Run<'a> {
    oracle: WasmiSide,
    tested: Vec<(OptLevel, WasmoSide)>,
    random: Random,
    counts: &'a mut Counts,
}

/// The engines are no longer comparable: one of them ran out of stack, or there is no instance.
struct Over;

impl Run<'_> {
    fn run(&mut self) -> Result<(), String> {
        if let Err(Over) = self.instantiate()? {
            return Ok(());
        }
        let signatures: Vec<_> = self.oracle.items().into_iter().map(params).collect();
        for _ in 0..ROUNDS {
            for (func, params) in signatures.iter().enumerate() {
                let Some(params) = params else { continue };
                let args: Vec<Value> = params.iter().map(|&ty| self.argument(ty, &signatures)).collect();
                self.counts.calls += 1;
                let Ok(result) = self.step(&format!("item {func} {args:?}"), |side| side.call(func, &args))? else {
                    return Ok(());
                };
                self.counts.returns += u64::from(result.is_ok());
                // Perhaps the fuel is used up: there is more to see with a new instance.
                if result == Err(Stop::Trap(TrapCode::Unreachable)) && self.instantiate()?.is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn argument(&mut self, ty: wasmo::ValType, signatures: &[Option<Vec<wasmo::ValType>>]) -> Value {
        let funcs: Vec<usize> = (0..signatures.len()).filter(|&index| signatures[index].is_some()).collect();
        match self.random.value(ty, funcs.len()) {
            Value::Func(Some(func)) => Value::Func(Some(funcs[func])),
            value => value,
        }
    }

    fn instantiate(&mut self) -> Result<Result<(), Over>, String> {
        self.counts.instances += 1;
        let step = self.step("instantiation", |side| side.instantiate().map(|()| Vec::new()))?;
        Ok(step.and_then(|result| result.map(drop).map_err(|_| Over)))
    }

    /// Lets all engines do the same, and compares the outcome and all that can be seen afterwards.
    fn step(
        &mut self,
        what: &str,
        act: impl Fn(&mut dyn Side) -> Result<Vec<Value>, Stop>,
    ) -> Result<Result<Result<Vec<Value>, Stop>, Over>, String> {
        let expected = act(&mut self.oracle);
        let (items, host_calls) = (self.oracle.items(), self.oracle.take_host_calls());
        for (level, side) in &mut self.tested {
            let found = act(side);
            if [&expected, &found].contains(&&Err(Stop::Trap(TrapCode::StackOverflow))) {
                return Ok(Err(Over));
            }
            let context = format!("{level:?}: {what}");
            if found != expected {
                return Err(format!("{context}: expected {expected:?}, found {found:?}"));
            }
            let found = side.take_host_calls();
            if found != host_calls {
                return Err(format!("{context}: expected host calls {host_calls:?}, found {found:?}"));
            }
            compare(&items, &side.items()).map_err(|difference| format!("{context}: {difference}"))?;
        }
        Ok(Ok(expected))
    }
}

fn params(item: Item) -> Option<Vec<wasmo::ValType>> {
    match item {
        Item::Func(params, _) => Some(params),
        _ => None,
    }
}

fn compare(expected: &[Item], found: &[Item]) -> Result<(), String> {
    if expected.len() != found.len() {
        return Err(format!("expected {} imports and exports, found {}", expected.len(), found.len()));
    }
    match expected.iter().zip(found).enumerate().find(|(_, (expected, found))| expected != found) {
        Some((index, (expected, found))) => Err(format!("item {index} {}", value::difference(expected, found))),
        None => Ok(()),
    }
}
