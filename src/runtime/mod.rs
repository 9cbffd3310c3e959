//! What runs: stores and what lives in them, calls in both directions, traps.
//!
//! It knows code as addresses that `link` gives it, and layouts that `abi` states. It never sees LLVM, and nothing of
//! how code was made.

mod backtrace;
mod builtins;
mod call;
mod caller;
mod collect;
mod dropped;
mod foreign;
mod func;
mod global;
mod handle;
mod host;
mod info;
mod instance;
mod instantiate;
mod interrupt;
mod limits;
mod memory;
mod store;
mod table;
mod trap;
mod typed;
mod value;

pub(crate) use call::routines;
pub use caller::Caller;
pub use foreign::ExternRef;
pub(crate) use foreign::Referred;
pub use func::Func;
pub(crate) use func::{Entry, with_array};
pub use global::Global;
pub(crate) use host::HostFunc;
pub(crate) use info::{Finalizer, HostData, HostInfo, InfoSlot};
pub use instance::{Extern, Instance};
pub(crate) use instantiate::instantiate;
pub use interrupt::InterruptHandle;
pub use limits::{Growth, StoreLimits};
pub use memory::Memory;
pub use store::Store;
pub(crate) use store::StoreSettings;
pub use table::Table;
pub use trap::{Frame, Trap};
pub use typed::{IntoFunc, TypedFunc, WasmReturn, WasmTy, WasmTypes};
pub use value::Val;
