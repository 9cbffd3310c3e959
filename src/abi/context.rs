//! The blocks of memory that generated code reads and writes: contexts, definitions, function objects.

use super::layout::layout;
use super::{BuiltinTable, HostCallback};
use std::ffi::c_void;

layout! {
    /// Head of an instance context, the same for all modules. The module's GOT follows it (see
    /// [`super::ContextLayout`]). The address of this block is the first argument of every wasm function.
    struct ContextHead {
        /// Entry points of the runtime.
        builtins: *const BuiltinTable => Pointer,
        /// The store that the instance lives in.
        store: *mut StoreContext => Pointer,
        /// What a PLT slot's lazy tail calls with `(context, PLT index)` to find the code of a function; it returns the
        /// code's address, or null with a trap pending. Put here by the module's `add_imported_function_resolver`, as
        /// the dynamic linker puts its own resolver into GOT[2].
        resolver: *const c_void => Pointer,
        /// The module's table of code pointers, one slot per defined function, shared by its instances.
        plt: *const PltSlot => Pointer,
        /// The runtime's instance that owns this block. Opaque to generated code.
        instance: *const c_void => Pointer,
    }
}

/// One code pointer of the PLT.
pub(crate) type PltSlot = std::sync::atomic::AtomicPtr<c_void>;

layout! {
    /// Context of a host function: what the code of an import receives where a wasm function receives its instance
    /// context. It starts with the same two fields as [`ContextHead`], so that whatever runs under a context finds the
    /// store. Each instance that imports the function has one of its own, so that the function learns who calls it.
    struct HostContext {
        builtins: *const BuiltinTable => Pointer,
        store: *mut StoreContext => Pointer,
        /// The host's C function.
        callback: HostCallback => Pointer,
        /// Its first argument.
        env: *mut c_void => Pointer,
        /// The runtime's function. Opaque to generated code.
        func: *const c_void => Pointer,
        /// The runtime's instance that imports the function, null where it is called through a reference, another
        /// address where the host calls. Opaque to generated code.
        caller: *const c_void => Pointer,
    }
}

const _: () = assert!(HostContext::builtins.offset == ContextHead::builtins.offset);
const _: () = assert!(HostContext::store.offset == ContextHead::store.offset);

layout! {
    /// What generated code shares with the store that it runs in.
    struct StoreContext {
        /// The lowest stack pointer with which code may leave wasm for a builtin or the host; below it, that is a stack
        /// overflow.
        stack_limit: usize => I64,
        /// 0 while wasm code runs. Else the frame pointer of the exit from wasm: `[exit_fp]` is the wasm caller's frame
        /// pointer, `[exit_fp + 8]` the address that it will return to; [`NO_EXIT`] if there is no wasm caller.
        exit_fp: usize => I64,
        /// Not 0 when the code that runs is to stop. Other threads write to it.
        interrupt: usize => I64,
        /// The innermost entry into wasm, null when none runs.
        activation: *mut Activation => Pointer,
        /// Top of the stack on which traps are recorded: the stack of wasm may be used up.
        trap_stack: usize => I64,
        /// The runtime's store that owns this block. Opaque to generated code.
        owner: *const c_void => Pointer,
        /// Arguments and results that do not fit registers (see [`super::Convention`]).
        spill: *mut u128 => Pointer,
        /// What code pays with, if it was made to.
        fuel: u64 => I64,
    }
}

/// The `exit_fp` of a store whose code was not left, but does not run either: no frame has this address.
pub(crate) const NO_EXIT: usize = 1;

/// Bytes of one slot of the spill area: the largest value.
pub(crate) const SPILL_SLOT_SIZE: usize = size_of::<u128>();

layout! {
    /// The frame of one entry into wasm, laid out by the entry routine on the machine stack.
    /// The frame pointer of the entry routine is the address of `frame_pointer`, where the chain of wasm frames ends.
    struct Activation {
        /// The activation that was innermost before.
        previous: *mut Activation => Pointer,
        /// The exit frame of that activation.
        previous_exit_fp: usize => I64,
        /// The store that runs.
        store: *mut StoreContext => Pointer,
        /// Registers that the C convention preserves, pushed in the opposite order.
        r15: usize => I64,
        r14: usize => I64,
        r13: usize => I64,
        r12: usize => I64,
        rbx: usize => I64,
        /// The frame pointer of whoever entered wasm.
        frame_pointer: usize => I64,
    }
}

layout! {
    /// A linear memory as generated code sees it.
    struct MemoryDefinition {
        /// Address of byte 0. Never changes.
        base: *mut u8 => Pointer,
        /// Length in bytes.
        length: u64 => I64,
    }
}

layout! {
    /// A table as generated code sees it.
    struct TableDefinition {
        /// Address of element 0. Never changes. An element is one word: for a table of functions null or a
        /// [`FuncObject`].
        base: *mut usize => Pointer,
        /// Length in elements.
        length: u64 => I64,
    }
}

layout! {
    /// A function as a first-class value: what a funcref points to.
    struct FuncObject {
        /// Address of the code: the jump stub of a wasm function, a thunk for a function of the host.
        code: *const c_void => Pointer,
        /// Its first argument: an instance context, or a [`HostContext`].
        context: *mut c_void => Pointer,
        /// Canonical type.
        type_id: u32 => I32,
        /// 1 when `context` is a [`HostContext`], else 0.
        is_host: u32 => I32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_follow_each_other_without_holes() {
        for fields in [
            ContextHead::FIELDS,
            HostContext::FIELDS,
            StoreContext::FIELDS,
            MemoryDefinition::FIELDS,
            TableDefinition::FIELDS,
            FuncObject::FIELDS,
            Activation::FIELDS,
        ] {
            let mut end = 0;
            for field in fields {
                assert_eq!(field.offset, end);
                end += field.slot.size();
            }
        }
    }
}
