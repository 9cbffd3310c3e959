//! wasmi's types and errors, and wasmo's, which all else is told in.

use crate::value::Stop;
use wasmi::errors::{ErrorKind, InstantiationError, TableError};
use wasmi::{Error, ExternType, TrapCode, ValType};
use wasmo::{GlobalType, Limits};

pub fn to_wasmi(ty: wasmo::ValType) -> ValType {
    match ty {
        wasmo::ValType::I32 => ValType::I32,
        wasmo::ValType::I64 => ValType::I64,
        wasmo::ValType::F32 => ValType::F32,
        wasmo::ValType::F64 => ValType::F64,
        wasmo::ValType::FuncRef => ValType::FuncRef,
        wasmo::ValType::ExternRef => ValType::ExternRef,
    }
}

fn from_wasmi(ty: ValType) -> wasmo::ValType {
    match ty {
        ValType::I32 => wasmo::ValType::I32,
        ValType::I64 => wasmo::ValType::I64,
        ValType::F32 => wasmo::ValType::F32,
        ValType::F64 => wasmo::ValType::F64,
        ValType::FuncRef => wasmo::ValType::FuncRef,
        ValType::ExternRef => wasmo::ValType::ExternRef,
        ValType::V128 => unreachable!("vectors are not generated"),
    }
}

pub fn extern_from_wasmi(ty: &ExternType) -> wasmo::ExternType {
    match ty {
        ExternType::Func(ty) => {
            let types = |types: &[ValType]| types.iter().copied().map(from_wasmi).collect::<Vec<_>>();
            wasmo::ExternType::Func(wasmo::FuncType::new(types(ty.params()), types(ty.results())))
        }
        ExternType::Global(ty) => {
            let mutability = if ty.mutability().is_mut() { wasmo::Mutability::Var } else { wasmo::Mutability::Const };
            wasmo::ExternType::Global(GlobalType { content: from_wasmi(ty.content()), mutability })
        }
        ExternType::Table(ty) => wasmo::ExternType::Table(wasmo::TableType {
            element: from_wasmi(ty.element()),
            limits: Limits { min: ty.minimum(), max: ty.maximum() },
        }),
        ExternType::Memory(ty) => {
            wasmo::ExternType::Memory(wasmo::MemoryType { limits: Limits { min: ty.minimum(), max: ty.maximum() } })
        }
    }
}

pub fn stop(error: &Error) -> Stop {
    use InstantiationError as Instantiation;
    use wasmo::TrapCode as Code;
    let code = match error.kind() {
        ErrorKind::Message(_) => return Stop::Host,
        ErrorKind::Instantiation(Instantiation::ElementSegmentDoesNotFit { .. }) => Code::TableOutOfBounds,
        ErrorKind::Instantiation(
            Instantiation::InvalidNumberOfImports { .. }
            | Instantiation::ImportsExternalsMismatch { .. }
            | Instantiation::GlobalTypeMismatch { .. }
            | Instantiation::FuncTypeMismatch { .. }
            | Instantiation::TableTypeMismatch { .. }
            | Instantiation::MemoryTypeMismatch { .. },
        ) => return Stop::Link,
        // The one access of a table that wasmi does not count among its trap codes.
        ErrorKind::Table(TableError::CopyOutOfBounds) => Code::TableOutOfBounds,
        kind => match kind.as_trap_code() {
            Some(TrapCode::UnreachableCodeReached) => Code::Unreachable,
            Some(TrapCode::MemoryOutOfBounds) => Code::MemoryOutOfBounds,
            Some(TrapCode::TableOutOfBounds) => Code::TableOutOfBounds,
            Some(TrapCode::IndirectCallToNull) => Code::UninitializedElement,
            Some(TrapCode::IntegerDivisionByZero) => Code::IntegerDivideByZero,
            Some(TrapCode::IntegerOverflow) => Code::IntegerOverflow,
            Some(TrapCode::BadConversionToInteger) => Code::InvalidConversionToInteger,
            Some(TrapCode::StackOverflow) => Code::StackOverflow,
            Some(TrapCode::BadSignature) => Code::IndirectCallTypeMismatch,
            _ => return Stop::Fault(error.to_string()),
        },
    };
    Stop::trap(code)
}
