//! The one visitor of operators: it validates each, then hands it to the method of the same name.
//!
//! The list of operators is wasmparser's, in full: an operator of an implemented proposal without a method does not
//! compile.

use super::fuel::cost;
use super::func::FuncTranslator;
use crate::error::{Error, Result};
use crate::wasm::invalid;
use wasmparser::{FuncValidator, ValidatorResources, VisitOperator};

/// Validates an operator at `offset`, then emits its code.
pub(super) struct ValidateThenEmit<'v, 'u, 'a, 'c> {
    pub validator: &'v mut FuncValidator<ValidatorResources>,
    pub func: &'v mut FuncTranslator<'u, 'a, 'c>,
    pub offset: u64,
}

/// Emits one operator, by proposal. Those that open or close a block are seen even where nothing is reachable: they
/// nest.
macro_rules! emit {
    (@mvp $func:expr, visit_block $(, $arg:expr)*) => { $func.visit_block($($arg),*) };
    (@mvp $func:expr, visit_loop $(, $arg:expr)*) => { $func.visit_loop($($arg),*) };
    (@mvp $func:expr, visit_if $(, $arg:expr)*) => { $func.visit_if($($arg),*) };
    (@mvp $func:expr, visit_else $(, $arg:expr)*) => { $func.visit_else($($arg),*) };
    (@mvp $func:expr, visit_end $(, $arg:expr)*) => { $func.visit_end($($arg),*) };
    (@mvp $func:expr, $visit:ident $(, $arg:expr)*) => { emit!(@reachable $func, $visit $(, $arg)*) };
    (@sign_extension $func:expr, $visit:ident $(, $arg:expr)*) => { emit!(@reachable $func, $visit $(, $arg)*) };
    (@saturating_float_to_int $func:expr, $visit:ident $(, $arg:expr)*) => { emit!(@reachable $func, $visit $(, $arg)*) };
    (@bulk_memory $func:expr, $visit:ident $(, $arg:expr)*) => { emit!(@reachable $func, $visit $(, $arg)*) };
    (@reference_types $func:expr, $visit:ident $(, $arg:expr)*) => { emit!(@reachable $func, $visit $(, $arg)*) };
    (@reachable $func:expr, $visit:ident $(, $arg:expr)*) => {
        if $func.reachable { $func.$visit($($arg),*) } else { Ok(()) }
    };
    // Proposals that are not implemented: the validator has refused the operator already.
    (@$proposal:ident $func:expr, $visit:ident $(, $arg:expr)*) => {{
        $( let _ = $arg; )*
        Err(Error::Bug(concat!("an operator of the proposal ", stringify!($proposal), " passed the validator").into()))
    }};
}

macro_rules! visit_operators {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*) )*) => {
        $(
            fn $visit(&mut self $($(, $arg: $argty)*)?) -> Result<()> {
                self.validator.visitor(self.offset).$visit($($($arg.clone()),*)?).map_err(invalid)?;
                if self.func.reachable {
                    self.func.set_offset(self.offset);
                    self.func.pay(cost!($visit))?;
                }
                emit!(@$proposal self.func, $visit $($(, $arg)*)?)
            }
        )*
    };
}

#[allow(clippy::clone_on_copy, reason = "some arguments are Copy, some are not; the list is one")]
impl<'a> VisitOperator<'a> for ValidateThenEmit<'_, '_, '_, '_> {
    type Output = Result<()>;

    wasmparser::for_each_visit_operator!(visit_operators);
}
