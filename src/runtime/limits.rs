//! What a store may use: limits, the host's say before anything grows, and fuel.
#![allow(unsafe_code)]

use super::store::Store;
use crate::error::{Error, Result};
use crate::types::ExternKind;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// What a store may use at most, see [`Store::set_limits`]. What is not limited here is limited by the machine alone.
///
/// ```
/// # use wasmo::{Engine, Store, StoreLimits};
/// let store = Store::new(&Engine::default())?;
/// store.set_limits(StoreLimits::new().memory(64 << 20).instances(10))?;
/// # Ok::<(), wasmo::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct StoreLimits {
    memory: Option<u64>,
    tables: Option<u64>,
    instances: Option<usize>,
    stack: Option<usize>,
}

impl StoreLimits {
    /// No limits.
    pub fn new() -> StoreLimits {
        StoreLimits::default()
    }

    /// All linear memories of the store together have at most so many bytes.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> StoreLimits {
        self.memory = Some(bytes);
        self
    }

    /// All tables of the store together have at most so many elements.
    #[must_use]
    pub fn tables(mut self, elements: u64) -> StoreLimits {
        self.tables = Some(elements);
        self
    }

    /// At most so many instances are there at once.
    #[must_use]
    pub fn instances(mut self, count: usize) -> StoreLimits {
        self.instances = Some(count);
        self
    }

    /// Wasm uses at most so many bytes of the stack below the outermost call from the host, in place of what
    /// [`Config::max_wasm_stack`](crate::Config::max_wasm_stack) says. It counts all that lies below that call, host
    /// functions between wasm and wasm included, but not what the innermost of them uses. One more machine page may be
    /// used. It holds from the next outermost call on.
    #[must_use]
    pub fn stack(mut self, bytes: usize) -> StoreLimits {
        self.stack = Some(bytes);
        self
    }
}

/// What is about to grow, see [`Store::on_growth`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Growth {
    /// [`ExternKind::Memory`] or [`ExternKind::Table`].
    pub kind: ExternKind,
    /// Its size now, in bytes or elements; 0 for what is being made.
    pub current: u64,
    /// The size that it is to have.
    pub wanted: u64,
    /// The maximum of its type, if that has one.
    pub maximum: Option<u64>,
}

type Callback = dyn Fn(&Growth) -> bool;

/// The limits of a store, and what is used of them. Shared with what counts for them.
#[derive(Default)]
pub(crate) struct Resources {
    most: Cell<StoreLimits>,
    /// Bytes of all memories.
    memory: Cell<u64>,
    /// Elements of all tables.
    tables: Cell<u64>,
    callback: RefCell<Option<Rc<Callback>>>,
    asking: Cell<bool>,
    refused: Cell<bool>,
}

impl Resources {
    /// Makes or grows a memory or a table by `grow`, if the limits and the host allow that.
    pub fn grow<T>(&self, growth: Growth, grow: impl FnOnce() -> Result<T>) -> Result<T> {
        let Growth { kind, current, wanted, .. } = growth;
        let more = wanted - current;
        if more == 0 {
            return grow();
        }
        let (used, most, what) = self.account(kind);
        match (used.get().checked_add(more), most) {
            (Some(total), most) if most.is_none_or(|most| total <= most) => used.set(total),
            (_, most) => return Err(exceeded(most.unwrap_or(u64::MAX), what, used.get(), more)),
        }
        self.ask(&growth).and_then(|()| grow()).inspect_err(|_| self.give_back(kind, more))
    }

    /// So many bytes of memories, or elements of tables, are there no more.
    pub fn give_back(&self, kind: ExternKind, amount: u64) {
        let (used, ..) = self.account(kind);
        used.set(used.get() - amount);
    }

    /// Bytes of all memories.
    pub fn memory(&self) -> u64 {
        self.memory.get()
    }

    /// Whether one more instance may be where there are `count`.
    pub fn another_instance(&self, count: usize) -> Result<()> {
        match self.most.get().instances {
            Some(most) if count >= most => Err(exceeded(most as u64, "instances", count as u64, 1)),
            _ => Ok(()),
        }
    }

    /// What is used, the limit, and its name.
    fn account(&self, kind: ExternKind) -> (&Cell<u64>, Option<u64>, &'static str) {
        let StoreLimits { memory, tables, .. } = self.most.get();
        match kind {
            ExternKind::Table => (&self.tables, tables, "table elements"),
            _ => (&self.memory, memory, "bytes of memory"),
        }
    }

    /// From here on, [`Self::was_refused`] tells of what is tried next.
    pub fn forget_refusal(&self) {
        self.refused.set(false);
    }

    /// Whether the host refused a growth that was tried.
    pub fn was_refused(&self) -> bool {
        self.refused.get()
    }

    fn ask(&self, growth: &Growth) -> Result<()> {
        let Some(callback) = self.callback.borrow().clone() else { return Ok(()) };
        let what = if growth.kind == ExternKind::Table { "elements of a table" } else { "bytes of a memory" };
        let refuse = |who: &str| {
            self.refused.set(true);
            Err(Error::Limit(format!("{who} {} {what} to become {}", growth.current, growth.wanted)))
        };
        if self.asking.replace(true) {
            return refuse("a growth callback that is being asked itself wants");
        }
        let answer = catch_unwind(AssertUnwindSafe(|| {
            let answer = callback(growth);
            // Another may have taken its place meanwhile: then it ends here, where nothing may grow or go away.
            drop(callback);
            answer
        }));
        self.asking.set(false);
        match answer {
            Ok(true) => {
                self.refused.set(false);
                Ok(())
            }
            Ok(false) => refuse("the growth callback does not allow"),
            Err(_) => refuse("the growth callback panicked when it was to allow"),
        }
    }
}

fn exceeded(most: u64, what: &str, used: u64, more: u64) -> Error {
    Error::Limit(format!("the store may have {most} {what}, of which there are {used}; {more} more were asked for"))
}

impl Store {
    /// The limits that were set last.
    pub fn limits(&self) -> StoreLimits {
        self.inner().resources.most.get()
    }

    /// Limits what the store may use from now on; what is there already stays, even if it is more.
    ///
    /// Where a limit would be exceeded, `memory.grow` and `table.grow` give -1, wasm that uses too much of the stack
    /// ends with the trap [`TrapCode::StackOverflow`](crate::TrapCode::StackOverflow), and what the host asks for is an
    /// [`Error::Limit`] that names the limit, what there is and what was asked for. Nothing counts any more once it is
    /// collected: at the latest when something does not fit, but never while wasm runs in the store.
    ///
    /// # Errors
    /// [`Error::Argument`] if the stack is limited and the engine's code does not check it: that needs
    /// [`Config::max_wasm_stack`](crate::Config::max_wasm_stack), or signal handlers that are off.
    pub fn set_limits(&self, limits: StoreLimits) -> Result<()> {
        let store = self.inner();
        let tuning = &store.settings.tuning;
        if limits.stack.is_some() && !tuning.checks_stack() {
            return Err(Error::Argument(
                "the stack of a store can be limited where code checks the stack (max-stack, or signal-handlers off)"
                    .into(),
            ));
        }
        store.resources.most.set(limits);
        store.max_stack.set(limits.stack.unwrap_or(tuning.max_wasm_stack));
        Ok(())
    }

    /// Asks `callback` before a memory or a table grows, be it by wasm, by the host, or because it is made with more
    /// than nothing; what the store's limits or its type's maximum exclude is not asked. Whether it may grow is the
    /// answer. If not, or if the callback panics, the growth fails as if a limit were exceeded. It may still fail after
    /// a yes, when the machine has no more.
    ///
    /// The callback may call functions of the store, but nothing of the store grows or is collected meanwhile. It stays
    /// as long as the store, or until another takes its place: it must own no handle of the store, for both would keep
    /// each other.
    pub fn on_growth(&self, callback: impl Fn(&Growth) -> bool + 'static) {
        // What it replaces may use the store when it goes.
        let before = self.inner().resources.callback.replace(Some(Rc::new(callback)));
        drop(before);
    }

    /// Sets the fuel with which the code of this store pays, see [`Config::fuel`](crate::Config::fuel), in place of what
    /// is left; 0 at the start. Functions of the host may do so too, while wasm that called them is active.
    ///
    /// # Errors
    /// [`Error::Argument`] if the engine's code does not pay.
    pub fn set_fuel(&self, fuel: u64) -> Result<()> {
        if !self.inner().settings.tuning.fuel {
            return Err(Error::Argument("the engine is not configured for fuel".into()));
        }
        // SAFETY: the context belongs to the store, and its code runs on this thread only.
        unsafe { (*self.inner().context()).fuel = fuel };
        Ok(())
    }

    /// The fuel that is left. 0 where code does not pay.
    pub fn fuel(&self) -> u64 {
        // SAFETY: as in `set_fuel`.
        unsafe { (*self.inner().context()).fuel }
    }
}
