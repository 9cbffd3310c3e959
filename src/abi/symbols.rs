//! Names of the symbols and sections of a module's objects.

/// Section of the module object that holds the context's initial image.
pub(crate) const CONTEXT_SECTION: &str = ".wasmo.context";
/// The initial image of the instance context: head and GOT, with the constant parts filled in.
pub(crate) const CONTEXT_IMAGE: &str = "wasmo_context_image";
/// `fn(context, resolver)`: puts the external resolver into the head of a context.
pub(crate) const ADD_IMPORTED_FUNCTION_RESOLVER: &str = "add_imported_function_resolver";
/// One entry thunk per distinct signature of a defined function, as offsets from the symbol itself.
pub(crate) const ENTRY_THUNKS: &str = "wasmo_entry_thunks";
/// One host thunk per distinct signature of an imported function, as offsets from the symbol itself.
pub(crate) const HOST_THUNKS: &str = "wasmo_host_thunks";

/// The functions of a compile unit, as offsets from the symbol itself.
pub(crate) fn unit(index: usize) -> String {
    format!("wasmo_unit_{index}")
}

/// The local symbol of a function: its index among all functions of the module.
pub(crate) fn func(index: usize) -> String {
    format!("{FUNC}{index}")
}

/// The function index of such a symbol.
pub(crate) fn func_index(name: &str) -> Option<usize> {
    name.strip_prefix(FUNC)?.parse().ok()
}

const FUNC: &str = "wasm_func_";

/// What a function with explicit stack checks and a frame larger than a page calls before it makes that frame, with the
/// frame's size in bytes in rax and its arguments where they are passed. Traps if the stack does not suffice, else
/// returns with every register as it was.
pub(crate) const STACK_PROBE: &str = "wasmo_stack_probe";

/// Undefined symbols that an object may have. Closed: whatever LLVM wants beyond it is an error of ours. All else that
/// generated code needs of the runtime it reaches through its context.
pub(crate) const UNDEFINED: &[&str] = &[STACK_PROBE];
