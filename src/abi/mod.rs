//! The runtime ABI: all that generated code and the runtime must agree on, stated once.
//!
//! `translate` emits code against these layouts, `runtime` fills them; the two never see each other. Each list here is
//! a macro from which come the `#[repr(C)]` struct, the offsets that generated code uses, and a test. No LLVM and no
//! operating system here, and no literal offset anywhere else.

mod builtins;
mod context;
mod convention;
mod got;
mod layout;
mod plt;
pub(crate) mod symbols;
mod thunks;
mod trap;
mod value;

pub(crate) use builtins::{AT_ONCE, BUILTINS, Builtin, BuiltinTable};
pub(crate) use context::{
    Activation, ContextHead, FuncObject, HostContext, MemoryDefinition, NO_EXIT, PltSlot, SPILL_SLOT_SIZE,
    StoreContext, TableDefinition,
};
pub(crate) use convention::{Convention, FLOAT_PARAMS, INTEGER_PARAMS, Place, SPILL_SLOTS};
pub(crate) use got::{CELL_SIZE, ContextLayout, GotFunction, GotMemory, GotTable, OwnGlobal};
pub(crate) use layout::{Field, Slot};
pub(crate) use plt::{Heat, PLT_HEADER_SLOTS, PltHeader, PltIndex, heat_offset};
pub(crate) use thunks::{Signatures, Thunks};
pub use trap::TrapCode;
pub(crate) use value::{HostCallback, Value, ValueKind, ValueVec};
