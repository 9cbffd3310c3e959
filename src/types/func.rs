//! Function types.

use super::ValType;
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc};

/// The type of a function: what it takes and what it returns, in order
/// ([spec](https://webassembly.github.io/spec/core/syntax/types.html#function-types)). Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(into = "(Vec<ValType>, Vec<ValType>)", from = "(Vec<ValType>, Vec<ValType>)")]
pub struct FuncType {
    /// Parameters, then results.
    values: Arc<[ValType]>,
    param_count: usize,
}

impl FuncType {
    /// A function type from its parameters and results.
    pub fn new(params: impl IntoIterator<Item = ValType>, results: impl IntoIterator<Item = ValType>) -> FuncType {
        let mut values: Vec<ValType> = params.into_iter().collect();
        let param_count = values.len();
        values.extend(results);
        FuncType { values: values.into(), param_count }
    }

    /// The types of the parameters.
    pub fn params(&self) -> &[ValType] {
        &self.values[..self.param_count]
    }

    /// The types of the results.
    pub fn results(&self) -> &[ValType] {
        &self.values[self.param_count..]
    }

    /// Whether neither a parameter nor a result is a reference.
    pub(crate) fn is_numeric(&self) -> bool {
        !self.values.iter().any(|v| v.is_ref())
    }
}

impl From<(Vec<ValType>, Vec<ValType>)> for FuncType {
    fn from((params, results): (Vec<ValType>, Vec<ValType>)) -> FuncType {
        FuncType::new(params, results)
    }
}

impl From<FuncType> for (Vec<ValType>, Vec<ValType>) {
    fn from(ty: FuncType) -> (Vec<ValType>, Vec<ValType>) {
        (ty.params().to_vec(), ty.results().to_vec())
    }
}

impl fmt::Display for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, types: &[ValType]| {
            f.write_str("(")?;
            for (i, ty) in types.iter().enumerate() {
                write!(f, "{}{ty}", if i == 0 { "" } else { ", " })?;
            }
            f.write_str(")")
        };
        list(f, self.params())?;
        f.write_str(" -> ")?;
        list(f, self.results())
    }
}
