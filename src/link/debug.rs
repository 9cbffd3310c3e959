//! What an object says about its code: which wasm instruction an address came from, and how to find a caller.
//!
//! Both come from DWARF sections of the object as it was made, with addresses counted from the start of its code. They
//! are read when a trap first asks for them.
#![allow(unsafe_code)]

use gimli::{BaseAddresses, CfaRule, DebugFrame, LittleEndian, RegisterRule, UnwindContext, UnwindSection, X86_64};
use object::{Object, ObjectSection, ObjectSymbol, RelocationKind, RelocationTarget};

/// The debug sections of one object.
#[derive(Default)]
pub(super) struct DebugSections {
    /// Rows of the line table by code offset; the wasm offset is none behind the end of a sequence.
    rows: Vec<(usize, Option<u32>)>,
    debug_frame: Vec<u8>,
}

impl DebugSections {
    /// Reads what there is; what cannot be read is left out.
    pub fn read(object: &[u8]) -> DebugSections {
        let Ok(file) = object::File::parse(object) else { return DebugSections::default() };
        let rows = section(&file, ".debug_line").and_then(|section| line_rows(&section)).unwrap_or_default();
        DebugSections { rows, debug_frame: section(&file, ".debug_frame").unwrap_or_default() }
    }

    /// The wasm offset of the code at this code offset.
    pub fn line(&self, offset: usize) -> Option<u32> {
        let next = self.rows.partition_point(|(start, _)| *start <= offset);
        self.rows[..next].last()?.1
    }

    /// Return address and frame pointer of the caller of the code at this code offset.
    ///
    /// # Safety
    /// `sp` and `fp` must be the registers of this code.
    pub unsafe fn caller(&self, offset: usize, sp: usize, fp: usize) -> Option<(usize, usize)> {
        let frames = DebugFrame::new(&self.debug_frame, LittleEndian);
        let bases = BaseAddresses::default();
        let mut context = UnwindContext::new();
        let row =
            frames.unwind_info_for_address(&bases, &mut context, offset as u64, DebugFrame::cie_from_offset).ok()?;
        let CfaRule::RegisterAndOffset { register, offset } = *row.cfa() else { return None };
        let base = match register {
            X86_64::RSP => sp,
            X86_64::RBP => fp,
            _ => return None,
        };
        let cfa = base.checked_add_signed(offset as isize)?;
        let saved = |register| match row.register(register) {
            Some(RegisterRule::Offset(offset)) => cfa.checked_add_signed(offset as isize),
            _ => None,
        };
        // SAFETY: the unwind table says that these words of the frame hold them.
        unsafe {
            let return_address = (saved(X86_64::RA)? as *const usize).read();
            let caller_fp = saved(X86_64::RBP).map_or(fp, |address| (address as *const usize).read());
            Some((return_address, caller_fp))
        }
    }
}

fn line_rows(section: &[u8]) -> Option<Vec<(usize, Option<u32>)>> {
    let debug_line = gimli::DebugLine::new(section, LittleEndian);
    let program = debug_line.program(gimli::DebugLineOffset(0), size_of::<usize>() as u8, None, None).ok()?;
    let mut rows = Vec::new();
    let mut iterator = program.rows();
    while let Some((_, row)) = iterator.next_row().ok()? {
        let line = row.line().map(|line| line.get() as u32);
        // Code that LLVM made without an origin (a spill, a frame set up late) counts to what stands before it.
        if row.end_sequence() || line.is_some() {
            rows.push((row.address() as usize, if row.end_sequence() { None } else { line }));
        }
    }
    // Of several rows at one address the last counts; the sort is stable.
    rows.sort_by_key(|(address, _)| *address);
    Some(rows)
}

/// The bytes of a section, relocated as if every section started at address 0.
fn section(file: &object::File<'_>, name: &str) -> Option<Vec<u8>> {
    let section = file.section_by_name(name)?;
    let mut bytes = section.data().ok()?.to_vec();
    for (place, relocation) in section.relocations() {
        let symbol = match relocation.target() {
            RelocationTarget::Symbol(index) => file.symbol_by_index(index).ok()?.address(),
            _ => 0,
        };
        let value = symbol.wrapping_add_signed(relocation.addend());
        let value = match relocation.kind() {
            RelocationKind::Absolute => value,
            RelocationKind::Relative => value.wrapping_sub(place),
            _ => return None,
        };
        let width = usize::from(relocation.size() / 8);
        let target = bytes.get_mut(place as usize..place as usize + width)?;
        target.copy_from_slice(&value.to_le_bytes()[..width]);
    }
    Some(bytes)
}
