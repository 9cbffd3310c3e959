//! What a debugger is given of an object.

use super::registry::CodeRange;
use crate::abi::symbols;
use object::elf::{FileHeader64, SHF_ALLOC, SHT_SYMTAB, SectionFlags, SectionHeader64, Sym64};
use object::read::elf::{FileHeader, SectionHeader as _, Sym as _};
use object::{LittleEndian, pod};

const LE: LittleEndian = LittleEndian;

/// The object of this code as it lies in memory: its code has its address, the functions that have names in the module
/// have these, and no other section claims to be loaded. Line and unwind tables are still to be relocated, which
/// debuggers do. None if the object is not what LLVM makes.
pub(super) fn placed(range: &CodeRange) -> Option<Vec<u8>> {
    let object = &*range.object;
    let header = FileHeader64::<LittleEndian>::parse(object).ok()?;
    let sections = header.sections(LE, object).ok()?;
    let symbols = sections.symbols(LE, object, SHT_SYMTAB).ok()?;
    let (text, _) = sections.section_by_name(LE, b".text")?;
    let strings = sections.section(symbols.string_section()).ok()?;

    // The names go behind a copy of those that there are, at the end of the file.
    let mut names = strings.data(LE, object).ok()?.to_vec();
    let mut renamed = Vec::new();
    for (index, symbol) in symbols.enumerate() {
        let name = std::str::from_utf8(symbol.name(LE, symbols.strings()).ok()?).ok()?;
        let func = symbols::func_index(name).and_then(|func| range.info.names.funcs.get(func as u32));
        if let Some(name) = func {
            renamed.push((index.0, names.len() as u32));
            names.extend(name.bytes().filter(|byte| *byte != 0));
            names.push(0);
        }
    }

    let mut bytes = object.to_vec();
    let places = sections.section(symbols.section()).ok()?.file_range(LE)?;
    let places = bytes.get_mut(places.0 as usize..)?;
    let (places, _) = pod::slice_from_bytes_mut::<Sym64<LittleEndian>>(places, symbols.len()).ok()?;
    for (index, name) in renamed {
        places[index].st_name.set(LE, name);
    }

    let headers = bytes.get_mut(header.e_shoff.get(LE) as usize..)?;
    let (headers, _) = pod::slice_from_bytes_mut::<SectionHeader64<LittleEndian>>(headers, sections.len()).ok()?;
    for (index, header) in headers.iter_mut().enumerate() {
        if index == text.0 {
            header.sh_addr.set(LE, range.start as u64);
        } else {
            header.sh_flags.set(LE, SectionFlags(header.sh_flags.get(LE).0 & !SHF_ALLOC.0));
        }
    }
    let header = &mut headers[symbols.string_section().0];
    header.sh_offset.set(LE, object.len() as u64);
    header.sh_size.set(LE, names.len() as u64);
    bytes.extend(names);
    Some(bytes)
}
