//! What an object may want from outside: a closed list.

use crate::abi::symbols;
use crate::error::{Error, Result};
use object::{Object, ObjectSymbol};

/// LLVM may invent calls (of memcpy, of a 128-bit division, of a function of libm): an object that has one is refused
/// when it is made.
pub(super) fn undefined_symbols(object: &[u8]) -> Result<()> {
    let file = object::File::parse(object).map_err(|e| Error::Bug(format!("LLVM made an unreadable object: {e}")))?;
    for symbol in file.symbols().filter(|symbol| symbol.is_undefined()) {
        let name = symbol.name().unwrap_or("?");
        if !name.is_empty() && !symbols::UNDEFINED.contains(&name) {
            return Err(Error::Bug(format!("the code calls {name}, which is not part of the runtime ABI")));
        }
    }
    Ok(())
}
