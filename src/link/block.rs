//! What an instance consists of beside memories and tables: its context and function objects.
#![allow(unsafe_code)]

use crate::abi::{CELL_SIZE, FuncObject, PltIndex};
use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A context with the objects of all functions that are called under it. It is used for one instance of its module after
/// the other.
pub(crate) struct Block {
    /// Head and GOT, in words of 16 bytes for the alignment of the cells.
    context: Box<[UnsafeCell<u128>]>,
    funcs: Box<[UnsafeCell<FuncObject>]>,
}

impl Block {
    /// A block with a context of `size` bytes, and for each function an object whose code and type id are these.
    pub fn new(size: usize, funcs: impl Iterator<Item = (*const c_void, u32)>) -> Block {
        let context: Box<[UnsafeCell<u128>]> = (0..size.div_ceil(CELL_SIZE)).map(|_| UnsafeCell::new(0)).collect();
        let address = context.as_ptr().cast_mut().cast();
        let object = |(code, type_id)| UnsafeCell::new(FuncObject { code, context: address, type_id, is_host: 0 });
        Block { funcs: funcs.map(object).collect(), context }
    }

    /// The address of the context, which wasm functions receive.
    pub fn context(&self) -> *mut c_void {
        self.context.as_ptr().cast_mut().cast()
    }

    /// The objects of the module's own functions.
    pub fn funcs(&self) -> &[UnsafeCell<FuncObject>] {
        &self.funcs
    }

    /// From now on the functions from the one with the PLT index `first` on are called at these addresses, and not through
    /// their slots.
    pub fn direct(&self, first: PltIndex, addresses: &[usize]) {
        for (object, address) in self.funcs[first as usize..].iter().zip(addresses) {
            // SAFETY: a block is not shared between threads, and nobody holds a reference into it.
            unsafe { (*object.get()).code = *address as *const c_void };
        }
    }

    fn size(&self) -> usize {
        size_of_val(&*self.context) + size_of_val(&*self.funcs)
    }
}

/// Blocks of instances that are gone, for the next.
#[derive(Default)]
pub(super) struct KeptBlocks {
    blocks: Mutex<Vec<Block>>,
    /// How many there are, for those who need not lock then.
    count: AtomicUsize,
}

/// A block with fewer bytes than this is as quickly made.
const LEAST_BYTES: usize = 4 << 10;
/// How many are kept at most, and how many bytes they may have together, if they are more than one.
const MOST_KEPT: usize = 64;
const MOST_BYTES: usize = 4 << 20;

impl KeptBlocks {
    /// One of them. None if there is none, if another thread has them, or had them when this process was forked.
    pub fn take(&self) -> Option<Block> {
        if self.count.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut blocks = self.blocks.try_lock().ok()?;
        let block = blocks.pop();
        self.count.store(blocks.len(), Ordering::Relaxed);
        block
    }

    /// Keeps a block, if that pays.
    pub fn keep(&self, block: Block) {
        if block.size() >= LEAST_BYTES
            && let Ok(mut blocks) = self.blocks.try_lock()
            && blocks.len() < (MOST_BYTES / block.size()).clamp(1, MOST_KEPT)
        {
            blocks.push(block);
            self.count.store(blocks.len(), Ordering::Relaxed);
        }
    }
}
