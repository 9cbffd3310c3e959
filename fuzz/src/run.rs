//! A module in all engines, step by step. After each step everything that can be seen is compared, also after a trap.

use crate::configurations::Configured;
use crate::counts::Counts;
use crate::random::Random;
use crate::side::{Act, Import, Side};
use crate::value::{self, Item, Outcome, Stop};
use crate::wasmi_side::{self, WasmiSide};
use crate::wasmo_side::WasmoSide;
use wasmo::{ExternType, TrapCode};

/// The engines, for all cases.
pub struct Engines {
    wasmi: wasmi::Engine,
    pub tested: Vec<Configured>,
    /// How many of those run each case.
    each: usize,
}

impl Engines {
    pub fn new(each: usize) -> wasmo::Result<Engines> {
        Ok(Engines { wasmi: wasmi_side::engine(), tested: Configured::all()?, each })
    }

    /// Those that run a case.
    fn of_case(&self, random: &Random) -> Vec<Configured> {
        let mut left = self.tested.clone();
        let mut next = || (!left.is_empty()).then(|| left.swap_remove(random.index(left.len())));
        std::iter::from_fn(&mut next).take(self.each).collect()
    }
}

/// Why a case ends before its end.
pub enum End {
    /// The engines are no longer comparable: one of them ran out of stack.
    Over,
    /// An engine under test did something else than the oracle.
    Differs(String),
}

pub struct Run<'a> {
    oracle: WasmiSide,
    tested: Vec<(Configured, WasmoSide)>,
    /// What could be seen after the last step.
    items: Vec<Item>,
    counts: &'a mut Counts,
}

impl<'a> Run<'a> {
    /// Compiles a valid module in all engines. `seed` chooses those under test, and whether the module goes through an artifact.
    pub fn new(engines: &Engines, bytes: &[u8], seed: u64, counts: &'a mut Counts) -> Result<Run<'a>, End> {
        let random = &Random::new(seed.rotate_left(32));
        let loaded = random.one_in(4);
        let oracle = WasmiSide::new(&engines.wasmi, bytes)
            .map_err(|stop| End::Differs(format!("the oracle refuses the module: {stop:?}")))?;
        let mut tested = Vec::new();
        for configured in engines.of_case(random) {
            let refused = |stop| End::Differs(format!("{}: the module is refused: {stop:?}", configured.settings));
            let side = WasmoSide::new(&configured.engine, bytes, loaded).map_err(refused)?;
            tested.push((configured, side));
        }
        counts.modules += 1;
        counts.compiled += 1;
        Ok(Run { oracle, tested, items: Vec::new(), counts })
    }

    pub fn import_types(&self) -> Vec<ExternType> {
        self.oracle.import_types()
    }

    /// What there is to act on.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Makes an instance; imported functions do what is `planned` when they are called meanwhile.
    pub fn instantiate(&mut self, imports: &[Import], planned: &[Act]) -> Result<Outcome, End> {
        self.counts.instances += 1;
        let instantiate = |side: &mut dyn Side| side.instantiate(imports).map(|()| vec![]);
        let outcome = self.step(format_args!("instantiation with {imports:?}"), planned, instantiate)?;
        self.counts.linked += u64::from(outcome.is_ok());
        Ok(outcome)
    }

    /// Does something; imported functions do what is `planned` when they are called meanwhile.
    pub fn act(&mut self, act: &Act, planned: &[Act]) -> Result<Outcome, End> {
        self.counts.calls += 1;
        let outcome = self.step(format_args!("{act:?}"), planned, |side| side.act(act))?;
        self.counts.returns += u64::from(outcome.is_ok());
        Ok(outcome)
    }

    /// Lets go of all that there is. What is made later is made in the same store.
    pub fn forget(&mut self) {
        self.items.clear();
        self.oracle.forget();
        self.tested.iter_mut().for_each(|(_, side)| side.forget());
    }

    fn step(
        &mut self,
        what: std::fmt::Arguments<'_>,
        planned: &[Act],
        step: impl Fn(&mut dyn Side) -> Outcome,
    ) -> Result<Outcome, End> {
        let step = |side: &mut dyn Side| {
            side.plan(planned.to_vec());
            step(side)
        };
        let expected = step(&mut self.oracle);
        self.items = self.oracle.items();
        let events = self.oracle.take_events();
        for (configured, side) in &mut self.tested {
            let (found, nans) = (step(side), configured.has_canonical_nans());
            if [&expected, &found].contains(&&Err(Stop::Trap(TrapCode::StackOverflow))) {
                return Err(End::Over);
            }
            let differs = |difference: String| {
                let planned = if planned.is_empty() { "".into() } else { format!(", in callbacks {planned:?}") };
                Err(End::Differs(format!("{}: {what}{planned}: {difference}", configured.settings)))
            };
            if !value::agree(&expected, &found, nans) {
                return differs(format!("expected {expected:?}, found {found:?}"));
            }
            let found = side.take_events();
            if found.len() != events.len() || !events.iter().zip(&found).all(|(a, b)| a.agrees(b, nans)) {
                return differs(format!("expected in callbacks {events:?}, found {found:?}"));
            }
            if let Some(difference) = difference(&self.items, &side.items()) {
                return differs(difference);
            }
        }
        Ok(expected)
    }
}

fn difference(expected: &[Item], found: &[Item]) -> Option<String> {
    if expected.len() != found.len() {
        return Some(format!("expected {} imports and exports, found {}", expected.len(), found.len()));
    }
    let (place, (expected, found)) =
        expected.iter().zip(found).enumerate().find(|(_, (expected, found))| expected != found)?;
    Some(format!("at place {place} {}", value::difference(expected, found)))
}
