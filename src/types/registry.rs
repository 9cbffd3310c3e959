//! Canonical type ids: equal types of any module of an engine have equal ids, so that generated code compares two
//! numbers.

use super::FuncType;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// The canonical id of a function type within one engine.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(transparent)]
pub(crate) struct TypeId(pub u32);

/// The types of all modules of an engine. Ids are never reused: a code pointer may outlive the module that brought its
/// type.
///
/// The unit of equality is the recursive group, as the spec has it; a plain function type is a group of one.
#[derive(Default)]
pub(crate) struct TypeRegistry {
    inner: RwLock<Inner>,
}

#[derive(Default)]
struct Inner {
    /// First id of each group.
    groups: HashMap<Box<[FuncType]>, TypeId>,
    /// How many types the groups have together.
    types: u32,
}

impl TypeRegistry {
    /// The id of the first type of `group`; the others follow in order.
    pub fn intern_group(&self, group: &[FuncType]) -> TypeId {
        if let Some(&id) = self.inner.read().unwrap_or_else(PoisonError::into_inner).groups.get(group) {
            return id;
        }
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(&id) = inner.groups.get(group) {
            return id;
        }
        let first = TypeId(inner.types);
        let count = u32::try_from(group.len()).ok().and_then(|count| inner.types.checked_add(count));
        inner.types = count.expect("fewer than 2^32 types fit in memory");
        inner.groups.insert(group.into(), first);
        first
    }

    /// The id of a type that is a group of its own.
    pub fn intern(&self, ty: &FuncType) -> TypeId {
        self.intern_group(std::slice::from_ref(ty))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ValType;

    #[test]
    fn equal_types_have_one_id() {
        let registry = TypeRegistry::default();
        let a = registry.intern(&FuncType::new([ValType::I32], []));
        let b = registry.intern(&FuncType::new([], [ValType::I32]));
        assert_ne!(a, b);
        assert_eq!(a, registry.intern(&FuncType::new([ValType::I32], [])));
    }
}
