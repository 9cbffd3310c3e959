//! Extern types: the one object behind the types of functions, globals, tables, memories and tags.
#![allow(unsafe_code)]

use super::boundary::{Object, borrow, boundary, copy, delete, give};
use super::memorytype::wasm_limits_t;
use super::valtype::{wasm_valtype_t, wasm_valtype_vec_t};
use super::vec::{self, Owned, vector};
use crate::types::{ExternKind, ExternType, FuncType, GlobalType, MemoryType, TableType, ValType};
use std::ptr::{null, null_mut};

/// The kind of an import or an export: one of `wasm_externkind_enum`.
pub type wasm_externkind_t = u8;

/// The kinds of imports and exports.
#[repr(C)]
pub enum wasm_externkind_enum {
    /// A function.
    WASM_EXTERN_FUNC,
    /// A global variable.
    WASM_EXTERN_GLOBAL,
    /// A table of references.
    WASM_EXTERN_TABLE,
    /// A linear memory.
    WASM_EXTERN_MEMORY,
    /// An exception tag.
    WASM_EXTERN_TAG,
}

/// The number of a kind.
pub(super) fn number_of(kind: ExternKind) -> wasm_externkind_t {
    use wasm_externkind_enum::*;
    (match kind {
        ExternKind::Func => WASM_EXTERN_FUNC,
        ExternKind::Global => WASM_EXTERN_GLOBAL,
        ExternKind::Table => WASM_EXTERN_TABLE,
        ExternKind::Memory => WASM_EXTERN_MEMORY,
        ExternKind::Tag => WASM_EXTERN_TAG,
    }) as wasm_externkind_t
}

/// The type of an import or an export.
#[derive(Clone)]
pub struct wasm_externtype_t {
    ty: ExternType,
    parts: Parts,
}

/// What C may borrow of a type, made with it, so that it lives exactly as long.
#[derive(Clone)]
enum Parts {
    Func { params: Owned<wasm_valtype_vec_t>, results: Owned<wasm_valtype_vec_t> },
    Global { content: wasm_valtype_t },
    Table { element: wasm_valtype_t, limits: wasm_limits_t },
    Memory { limits: wasm_limits_t },
    Tag { payload: Box<wasm_externtype_t> },
}

impl wasm_externtype_t {
    /// The object for a type.
    pub(super) fn from_type(ty: ExternType) -> wasm_externtype_t {
        let list = |types: &[ValType]| Owned::collect(types.iter().map(|&ty| give(wasm_valtype_t::from_type(ty))));
        let parts = match &ty {
            ExternType::Func(ty) => Parts::Func { params: list(ty.params()), results: list(ty.results()) },
            ExternType::Global(ty) => Parts::Global { content: wasm_valtype_t::from_type(ty.content) },
            ExternType::Table(ty) => Parts::Table {
                element: wasm_valtype_t::from_type(ty.element),
                limits: wasm_limits_t::from_type(ty.limits),
            },
            ExternType::Memory(ty) => Parts::Memory { limits: wasm_limits_t::from_type(ty.limits) },
            ExternType::Tag(ty) => Parts::Tag { payload: Box::new(Self::from_type(ExternType::Func(ty.clone()))) },
        };
        wasm_externtype_t { ty, parts }
    }

    /// The type that it stands for.
    pub(super) fn ty(&self) -> &ExternType {
        &self.ty
    }

    /// The type that it stands for, of a function.
    pub(super) fn func(&self) -> Option<&FuncType> {
        if let ExternType::Func(ty) = &self.ty { Some(ty) } else { None }
    }

    /// The type that it stands for, of a global.
    pub(super) fn global(&self) -> Option<&GlobalType> {
        if let ExternType::Global(ty) = &self.ty { Some(ty) } else { None }
    }

    /// The type that it stands for, of a table.
    pub(super) fn table(&self) -> Option<&TableType> {
        if let ExternType::Table(ty) = &self.ty { Some(ty) } else { None }
    }

    /// The type that it stands for, of a memory.
    pub(super) fn memory(&self) -> Option<&MemoryType> {
        if let ExternType::Memory(ty) = &self.ty { Some(ty) } else { None }
    }

    /// The parameters of a function.
    pub(super) fn params(&self) -> Option<&wasm_valtype_vec_t> {
        if let Parts::Func { params, .. } = &self.parts { Some(params.as_vec()) } else { None }
    }

    /// The results of a function.
    pub(super) fn results(&self) -> Option<&wasm_valtype_vec_t> {
        if let Parts::Func { results, .. } = &self.parts { Some(results.as_vec()) } else { None }
    }

    /// What a global or a table holds.
    pub(super) fn content(&self) -> Option<&wasm_valtype_t> {
        match &self.parts {
            Parts::Global { content } | Parts::Table { element: content, .. } => Some(content),
            _ => None,
        }
    }

    /// The bounds of a table or a memory.
    pub(super) fn limits(&self) -> Option<&wasm_limits_t> {
        match &self.parts {
            Parts::Table { limits, .. } | Parts::Memory { limits } => Some(limits),
            _ => None,
        }
    }

    /// What the exceptions of a tag carry, as a function type.
    pub(super) fn payload(&self) -> Option<&wasm_externtype_t> {
        if let Parts::Tag { payload } = &self.parts { Some(payload) } else { None }
    }
}

// SAFETY: made by `give`, or a part of an object that was
unsafe impl Object for wasm_externtype_t {
    type Target = wasm_externtype_t;
}

/// A `wasm_externtype_t` of a known kind. Such types are only ever names of pointers to it.
pub(super) trait View: Object<Target = wasm_externtype_t> {
    /// The kind.
    const KIND: ExternKind;
}

/// The same pointer as one to a type of a known kind; NULL if it is of another kind.
pub(super) unsafe fn downcast<T: View>(ty: *const wasm_externtype_t) -> *const T {
    // SAFETY: the contract of `capi`
    match unsafe { borrow(ty) } {
        Some(object) if object.ty.kind() == T::KIND => ty.cast(),
        _ => null(),
    }
}

/// Extern types.
#[repr(C)]
pub struct wasm_externtype_vec_t {
    /// Number of elements.
    pub size: usize,
    /// The elements; NULL if there are none.
    pub data: *mut *mut wasm_externtype_t,
}
vector!(wasm_externtype_vec_t of *mut wasm_externtype_t);

/// Makes `out` an empty vector.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_externtype_vec_new_empty(out: *mut wasm_externtype_vec_t) {
    boundary!((), { vec::new_empty(out) })
}

/// Makes `out` a vector of `size` NULLs, to be filled in; empty if memory runs out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_externtype_vec_new_uninitialized(out: *mut wasm_externtype_vec_t, size: usize) {
    boundary!(vec::new_empty(out), { vec::new_uninitialized(out, size) })
}

/// Makes `out` a vector of the `size` objects at `data`, which it takes. If memory runs out, `out` is empty and
/// nothing is taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_externtype_vec_new(
    out: *mut wasm_externtype_vec_t,
    size: usize,
    data: *const *mut wasm_externtype_t,
) {
    boundary!(vec::new_empty(out), { vec::new(out, size, data) })
}

/// Makes `out` a copy of `other`, with copies of its objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_externtype_vec_copy(
    out: *mut wasm_externtype_vec_t,
    other: *const wasm_externtype_vec_t,
) {
    boundary!(vec::new_empty(out), { vec::copy(out, other) })
}

/// Frees the objects of `vec` and the array of them, and leaves `vec` empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_externtype_vec_delete(vec: *mut wasm_externtype_vec_t) {
    boundary!((), { vec::delete(vec) })
}

/// Frees `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_externtype_delete(ty: *mut wasm_externtype_t) {
    boundary!((), { delete(ty) })
}

/// A new copy of `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_externtype_copy(ty: *const wasm_externtype_t) -> *mut wasm_externtype_t {
    boundary!(null_mut(), { copy(ty) })
}

/// Its kind; 255 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_externtype_kind(ty: *const wasm_externtype_t) -> wasm_externkind_t {
    boundary!(u8::MAX, { borrow(ty).map_or(u8::MAX, |ty| number_of(ty.ty.kind())) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::bytes::{bytes, wasm_name_t};
    use crate::capi::{exporttype::*, functype::*, globaltype::*, importtype::*, tabletype::*, tagtype::*, valtype::*};

    fn valtypes(kinds: &[wasm_valkind_t]) -> wasm_valtype_vec_t {
        let mut vec = wasm_valtype_vec_t { size: 0, data: null_mut() };
        let types = kinds.iter().map(|&kind| unsafe { wasm_valtype_new(kind) });
        unsafe { Owned::<wasm_valtype_vec_t>::collect(types).put(&mut vec) };
        vec
    }

    fn functype(params: &[wasm_valkind_t], results: &[wasm_valkind_t]) -> *mut wasm_functype_t {
        let (mut params, mut results) = (valtypes(params), valtypes(results));
        let ty = unsafe { wasm_functype_new(&mut params, &mut results) };
        assert!(params.data.is_null() && results.data.is_null(), "consumed vectors are left empty");
        assert_eq!((params.size, results.size), (0, 0));
        ty
    }

    fn kinds(vec: *const wasm_valtype_vec_t) -> Vec<wasm_valkind_t> {
        unsafe { vec::elements(vec).iter().map(|&ty| wasm_valtype_kind(ty)).collect() }
    }

    fn name(text: &str) -> wasm_name_t {
        let mut name = wasm_name_t { size: 0, data: null_mut() };
        unsafe { Owned::from(text.as_bytes()).put(&mut name) };
        name
    }

    #[test]
    fn casts_keep_the_pointer_and_refuse_other_kinds() {
        unsafe {
            let ty = functype(&[0, 129], &[1]);
            let seen = wasm_functype_as_externtype(ty);
            assert_eq!(seen.cast(), ty);
            assert_eq!(wasm_externtype_as_functype(seen), ty);
            assert_eq!(wasm_externtype_as_functype_const(seen), ty.cast_const());
            assert!(wasm_externtype_as_tagtype(seen).is_null());
            assert!(wasm_externtype_as_tabletype_const(seen).is_null());
            assert!(wasm_externtype_as_globaltype(null_mut()).is_null());
            wasm_externtype_delete(seen);
        }
    }

    #[test]
    fn a_copy_outlives_the_original_through_any_view() {
        unsafe {
            let ty = functype(&[0, 129], &[1]);
            let second = wasm_externtype_as_functype(wasm_externtype_copy(wasm_functype_as_externtype(ty)));
            wasm_functype_delete(ty);
            assert_eq!(kinds(wasm_functype_params(second)), [0, 129]);
            assert_eq!(kinds(wasm_functype_results(second)), [1]);
            wasm_functype_delete(second);
        }
    }

    #[test]
    fn an_impossible_type_is_null_and_what_it_took_is_freed() {
        let limits = wasm_limits_t { min: 0, max: 1 };
        unsafe {
            assert!(functype(&[0, 77], &[1]).is_null());
            assert!(wasm_globaltype_new(null_mut(), 0).is_null());
            assert!(wasm_globaltype_new(wasm_valtype_new(0), 2).is_null());
            assert!(wasm_tabletype_new(wasm_valtype_new(129), null()).is_null());
            assert!(wasm_tabletype_new(wasm_valtype_new(0), &limits).is_null());
            assert!(wasm_tagtype_new(null_mut()).is_null());
            assert!(wasm_exporttype_new(&mut name("x"), null_mut()).is_null());
        }
    }

    #[test]
    fn null_vectors_make_a_function_type_without_values() {
        unsafe {
            let ty = wasm_functype_new(null_mut(), null_mut());
            assert_eq!(wasm_functype_params(ty).as_ref().map(|vec| vec.size), Some(0));
            wasm_functype_delete(ty);
        }
    }

    #[test]
    fn a_type_round_trips_through_its_object() {
        let func = FuncType::new([ValType::F32, ValType::ExternRef], [ValType::FuncRef]);
        for ty in [ExternType::Func(func.clone()), ExternType::Tag(func)] {
            let object = wasm_externtype_t::from_type(ty.clone());
            assert_eq!(object.clone().ty(), &ty);
        }
    }

    #[test]
    fn a_tag_type_lends_the_function_type_that_it_took() {
        unsafe {
            let ty = wasm_tagtype_new(functype(&[3], &[]));
            assert_eq!(kinds(wasm_functype_params(wasm_tagtype_functype(ty))), [3]);
            assert_eq!(wasm_externtype_kind(wasm_tagtype_as_externtype(ty)), 4);
            wasm_tagtype_delete(ty);
        }
    }

    #[test]
    fn an_import_type_owns_its_names_and_its_type() {
        unsafe {
            let (mut module, mut field) = (name("env"), name("f"));
            let ty = wasm_importtype_new(&mut module, &mut field, wasm_functype_as_externtype(functype(&[], &[])));
            assert_eq!((module.size, field.size), (0, 0));
            let second = wasm_importtype_copy(ty);
            wasm_importtype_delete(ty);
            assert_eq!(bytes(wasm_importtype_module(second)), b"env");
            assert_eq!(bytes(wasm_importtype_name(second)), b"f");
            assert_eq!(wasm_externtype_kind(wasm_importtype_type(second)), 0);
            wasm_importtype_delete(second);
        }
    }
}
