//! What a module's own memory holds at first, as pages that all instances share until they write to them: what `.data` is
//! to a shared library.

use crate::sys::{MACHINE_PAGE, MOST_RESIDENT, PageImage};
use crate::types::PAGE_SIZE;
use crate::wasm::{ConstExpr, ModuleInfo, SegmentMode};
use std::sync::Arc;

/// The bytes of active data segments in memory 0.
pub(crate) struct DataImage {
    /// Where in the memory it starts.
    pub at: usize,
    pub pages: Arc<PageImage>,
    /// How many segments it has, the first of all: as many as lie in the memory whatever is imported.
    pub segments: usize,
}

/// How many bytes an image may have for each that is in a segment.
const MOST_SPREAD: usize = 4;

impl DataImage {
    /// The image of a module's data; none if it does not pay or cannot be.
    pub fn new(info: &ModuleInfo) -> Option<DataImage> {
        let memory = info.memories.first().filter(|_| info.imported_memories == 0)?;
        let length = (memory.limits.min * PAGE_SIZE) as usize;
        // What is left for the instance: a segment whose place is not known or that does not fit, and all behind it.
        let placed = info.data.iter().enumerate().map_while(|(index, segment)| match segment.mode {
            SegmentMode::Active { target: 0, offset: ConstExpr::Bits(offset) } => {
                let start = offset as u32 as usize;
                let bytes = info.segment_bytes(index);
                (start + bytes.len() <= length).then_some(Some((start, bytes)))
            }
            SegmentMode::Active { .. } => None,
            SegmentMode::Passive | SegmentMode::Declared => Some(None),
        });
        let placed: Vec<_> = placed.collect();
        let parts = || placed.iter().flatten().filter(|(_, bytes)| !bytes.is_empty());
        let first = parts().map(|(start, _)| *start).min()? / MACHINE_PAGE * MACHINE_PAGE;
        let end = parts().map(|(start, bytes)| start + bytes.len()).max()?.next_multiple_of(MACHINE_PAGE);
        let bytes: usize = parts().map(|(_, bytes)| bytes.len()).sum();
        // Where the pages are there already, copying bytes is quicker than having them copied page by page.
        if end <= MOST_RESIDENT || end - first > MOST_SPREAD * bytes {
            return None;
        }
        let mut image = vec![0; end - first];
        for (start, bytes) in parts() {
            image[start - first..][..bytes.len()].copy_from_slice(bytes);
        }
        Some(DataImage { at: first, pages: PageImage::new(&image)?, segments: placed.len() })
    }
}
