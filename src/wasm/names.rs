//! What the custom section `name` tells
//! ([spec](https://webassembly.github.io/spec/core/appendix/custom.html#name-section)).

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The names that a module has for itself and its parts.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Names {
    pub module: Option<String>,
    pub funcs: FuncNames,
}

/// Names of functions: one text, for there may be tens of thousands, of which hardly any is ever asked for.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct FuncNames {
    /// Function indices, in order, and where the name of each ends; it starts where the one before it ends.
    ends: Vec<(u32, u32)>,
    text: String,
}

impl FuncNames {
    /// The name of a function, by its index.
    pub fn get(&self, func: u32) -> Option<&str> {
        let position = self.ends.binary_search_by_key(&func, |(func, _)| *func).ok()?;
        let start = position.checked_sub(1).map_or(0, |before| self.ends[before].1);
        self.text.get(start as usize..self.ends[position].1 as usize)
    }
}

impl From<BTreeMap<u32, &str>> for FuncNames {
    fn from(names: BTreeMap<u32, &str>) -> FuncNames {
        let mut text = String::new();
        let mut append = |(func, name)| {
            text.push_str(name);
            (func, text.len() as u32)
        };
        let ends = names.into_iter().map(&mut append).collect();
        FuncNames { ends, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_index() {
        let names = FuncNames::from(BTreeMap::from([(7, "seven"), (2, ""), (3, "drei €")]));
        assert_eq!([2, 3, 4, 7, 8].map(|func| names.get(func)), [Some(""), Some("drei €"), None, Some("seven"), None]);
        // As an artifact may have it that was not made by us.
        let wrong = FuncNames { ends: vec![(0, 2), (1, 1), (2, 99)], text: "€€".into() };
        assert_eq!([0, 1, 2].map(|func| wrong.get(func)), [None; 3]);
    }
}
