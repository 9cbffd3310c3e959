//! The module object: the context's initial image, the function that completes it, and the thunks between host and
//! wasm.

use super::signature::Callee;
use super::unit::Translation;
use crate::abi::{
    BUILTINS, CELL_SIZE, ContextHead, HostContext, StoreContext, Thunks, TrapCode, Value, ValueKind, ValueVec, symbols,
};
use crate::error::Result;
use crate::llvm::{FunctionBuilder, LineTable, UnitModule};
use crate::types::FuncType;
use crate::wasm::ConstExpr;
use inkwell::IntPredicate;
use inkwell::values::{BasicValueEnum, FunctionValue, PointerValue};

/// Writes the object that a module has beside those of its units.
pub(crate) fn translate_module_object(
    translation: Translation<'_>,
    thunks: &Thunks,
    module: &UnitModule<'_>,
) -> Result<()> {
    module.data_section(symbols::CONTEXT_IMAGE, symbols::CONTEXT_SECTION, &context_image(translation), CELL_SIZE);
    add_imported_function_resolver(module)?;
    let entry =
        thunks.entry.iter().enumerate().map(|(i, ty)| entry_thunk(module, i, ty)).collect::<Result<Vec<_>>>()?;
    module.offset_table(symbols::ENTRY_THUNKS, &entry);
    let host = thunks.host.iter().enumerate().map(|(i, ty)| host_thunk(module, i, ty)).collect::<Result<Vec<_>>>()?;
    module.offset_table(symbols::HOST_THUNKS, &host);
    // Thunks come from nowhere in the module, but backtraces lead through them.
    LineTable::new(module).finish();
    Ok(())
}

/// Zero, but for the constant values of the module's own globals.
fn context_image(translation: Translation<'_>) -> Vec<u8> {
    let Translation { info, layout, .. } = translation;
    let mut image = vec![0; layout.size()];
    for (i, init) in info.global_inits.iter().enumerate() {
        if let ConstExpr::Bits(bits) = init {
            let cell = layout.own_global_cell(info.imported_globals + i);
            image[cell..cell + size_of::<u64>()].copy_from_slice(&bits.to_le_bytes());
        }
    }
    image
}

/// `fn(context, resolver)`: what the dynamic linker does to GOT[2].
fn add_imported_function_resolver(module: &UnitModule<'_>) -> Result<()> {
    let params = [module.ptr.into(), module.ptr.into()];
    let ty = module.context.void_type().fn_type(&params, false);
    let function = module.exported_function(symbols::ADD_IMPORTED_FUNCTION_RESOLVER, ty);
    let b = FunctionBuilder::new(module, function);
    let slot = b.offset(b.own_context(), ContextHead::resolver.offset)?;
    b.build_store(slot, param(function, 1))?;
    b.build_return(None)?;
    Ok(())
}

/// `fn(context, code, arguments, results)`: calls the wasm function `code` under `context` with arguments from an array
/// of values. The kinds of the arguments are not looked at; both arrays may be one.
fn entry_thunk<'c>(module: &UnitModule<'c>, index: usize, ty: &FuncType) -> Result<FunctionValue<'c>> {
    let params = [module.ptr.into(); 4];
    let function_type = module.context.void_type().fn_type(&params, false);
    let function = module.internal_function(&format!("entry_thunk_{index}"), function_type);
    let b = FunctionBuilder::new(module, function);
    let [code, from, to] = [1, 2, 3].map(|i| param(function, i));
    b.check_interrupt(b.own_context())?;
    let load = |(i, ty): (usize, &_)| {
        Ok(b.build_load(module.value_type(*ty), b.offset(from, i * Value::SIZE + Value::BITS_OFFSET)?, "")?)
    };
    let args = ty.params().iter().enumerate().map(load).collect::<Result<Vec<_>>>()?;
    let results = b.call_wasm(ty, Callee::Address(code), b.own_context(), &args)?;
    for (i, (result, ty)) in results.into_iter().zip(ty.results()).enumerate() {
        b.store_value(to, i, ValueKind::of(*ty), result)?;
    }
    b.build_return(None)?;
    Ok(function)
}

/// A wasm function that calls the host's function of the context that it receives.
fn host_thunk<'c>(module: &UnitModule<'c>, index: usize, ty: &FuncType) -> Result<FunctionValue<'c>> {
    let function = module.internal_function(&format!("host_thunk_{index}"), module.func_signature(ty));
    let b = FunctionBuilder::new(module, function);
    let context = b.own_context();
    let args = b.receive_params(ty)?;
    let results = ty.results();
    // In the entry block, where an alloca is part of the frame.
    let (arg_values, arg_vec) = b.value_array(args.len())?;
    let (result_values, result_vec) = b.value_array(results.len())?;
    let exit_fp = b.leave_wasm(context, (args.len() + results.len()) * Value::SIZE)?;
    for (i, (arg, ty)) in args.into_iter().zip(ty.params()).enumerate() {
        b.store_value(arg_values, i, ValueKind::of(*ty), arg)?;
    }
    for (i, ty) in results.iter().enumerate() {
        // What the host does not write is zero.
        b.store_value(result_values, i, ValueKind::of(*ty), module.value_type(*ty).const_zero())?;
    }
    let callback = b.load_fixed(context, HostContext::callback)?.into_pointer_value();
    let env = b.load_fixed(context, HostContext::env)?;
    let callback_type = module.ptr.fn_type(&[module.ptr.into(); 4], false);
    let trap = b.call_address(callback_type, callback, &[env, arg_vec.into(), result_vec.into(), context.into()])?;
    let trap = trap.expect("the callback has a result").into_pointer_value();

    let (trapped, returned) = (b.block(), b.block());
    b.build_conditional_branch(b.build_is_null(trap, "")?, returned, trapped)?;
    b.position_at_end(trapped);
    b.call_builtin_cold(context, BUILTINS.raise, &[trap.into()])?;
    b.position_at_end(returned);
    // From here on wasm code runs again, and owns nothing of the host's.
    b.store_volatile(module.i64.const_zero().into(), exit_fp, align_of::<usize>() as u32)?;
    b.check_interrupt(context)?;
    let mut values = Vec::with_capacity(results.len());
    for (i, ty) in results.iter().enumerate() {
        let kind_address = b.offset(result_values, i * Value::SIZE + Value::KIND_OFFSET)?;
        let kind = b.build_load(module.i8, kind_address, "")?.into_int_value();
        let expected = module.i8.const_int(ValueKind::of(*ty).into(), false);
        let differs = b.build_int_compare(IntPredicate::NE, kind, expected, "")?;
        b.trap_if(context, differs, TrapCode::HostResultMismatch)?;
        let address = b.offset(result_values, i * Value::SIZE + Value::BITS_OFFSET)?;
        values.push(b.build_load(module.value_type(*ty), address, "")?);
    }
    b.return_results(ty, &values)?;
    Ok(function)
}

fn param(function: FunctionValue<'_>, index: u32) -> PointerValue<'_> {
    function.get_nth_param(index).expect("declared with it").into_pointer_value()
}

impl<'c> FunctionBuilder<'_, 'c> {
    /// Makes sure that the host finds enough stack below a frame with arrays of `arrays` bytes, and notes where wasm
    /// was left; returns the place of that note.
    fn leave_wasm(&self, context: PointerValue<'c>, arrays: usize) -> Result<PointerValue<'c>> {
        let store = self.load_fixed(context, ContextHead::store)?.into_pointer_value();
        let frame = self.check_stack(context, store, arrays)?;
        let exit_fp = self.offset(store, StoreContext::exit_fp.offset)?;
        self.store_volatile(frame.into(), exit_fp, align_of::<usize>() as u32)?;
        Ok(exit_fp)
    }

    /// An array of values on the stack, and the vector that describes it.
    fn value_array(&self, length: usize) -> Result<(PointerValue<'c>, PointerValue<'c>)> {
        // As 64-bit integers, for the alignment.
        let words = (length * Value::SIZE / size_of::<u64>()) as u32;
        let data = if length == 0 {
            self.unit.ptr.const_null()
        } else {
            self.build_alloca(self.unit.i64.array_type(words), "")?
        };
        let vec = self.build_alloca(self.unit.i64.array_type((size_of::<ValueVec>() / size_of::<u64>()) as u32), "")?;
        self.build_store(self.offset(vec, ValueVec::size.offset)?, self.const_i64(length as u64))?;
        self.build_store(self.offset(vec, ValueVec::data.offset)?, data)?;
        Ok((data, vec))
    }

    fn store_value(&self, array: PointerValue<'c>, index: usize, kind: u8, value: BasicValueEnum<'c>) -> Result<()> {
        let kind = self.unit.i8.const_int(kind.into(), false);
        self.build_store(self.offset(array, index * Value::SIZE + Value::KIND_OFFSET)?, kind)?;
        // All of the bits: what lies beyond a small value would be whatever was there before.
        let bits = match value {
            BasicValueEnum::FloatValue(float) if float.get_type() == self.unit.f32 => {
                self.build_bit_cast(float, self.unit.i32, "")?
            }
            other => other,
        };
        let bits = match bits {
            BasicValueEnum::IntValue(int) if int.get_type() == self.unit.i32 => {
                self.build_int_z_extend(int, self.unit.i64, "")?.into()
            }
            other => other,
        };
        self.build_store(self.offset(array, index * Value::SIZE + Value::BITS_OFFSET)?, bits)?;
        Ok(())
    }
}
