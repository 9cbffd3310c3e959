//! Which wasm functions are active: a walk over frames, across host frames, from the innermost.
#![allow(unsafe_code)]

use super::store::StoreInner;
use super::trap::Frame;
use crate::abi::{Activation, NO_EXIT};
use crate::link;

/// Frames that a backtrace has at most. The rest of a runaway recursion tells nothing more.
const MOST_FRAMES: usize = 256;

/// The frames when code at `pc` with frame pointer `fp` trapped. `sp` is given if the code was interrupted and may not
/// have set up its frame.
pub(super) fn from_trap(store: &StoreInner, pc: usize, fp: usize, sp: Option<usize>) -> Vec<Frame> {
    let mut walk = Walk::new(store);
    // A call that does not return leaves the address behind it, which may belong to another instruction.
    walk.visit(if sp.is_some() { pc } else { pc - 1 });
    let interrupted = sp.and_then(|sp| {
        // SAFETY: the registers are those of the code that was interrupted.
        link::find(pc).and_then(|range| unsafe { range.caller(pc, sp, fp) })
    });
    match interrupted {
        Some((return_address, caller_fp)) => {
            walk.visit(return_address - 1);
            walk.outwards(caller_fp);
        }
        None => walk.outwards(fp),
    }
    walk.frames
}

/// The frames when host code runs that wasm called; none if no wasm is active.
pub(super) fn from_exit(store: &StoreInner) -> Vec<Frame> {
    let mut walk = Walk::new(store);
    // SAFETY: the context belongs to the store.
    let exit_fp = unsafe { (*store.context()).exit_fp };
    if !walk.activation.is_null() && exit_fp > NO_EXIT {
        walk.outwards(exit_fp);
    }
    walk.frames
}

struct Walk {
    activation: *const Activation,
    frames: Vec<Frame>,
}

impl Walk {
    fn new(store: &StoreInner) -> Walk {
        // SAFETY: the context belongs to the store.
        let activation = unsafe { (*store.context()).activation };
        Walk { activation, frames: Vec::new() }
    }

    /// Visits the callers of the frame at `fp`, to the outermost activation.
    fn outwards(&mut self, mut fp: usize) {
        while self.frames.len() < MOST_FRAMES && !self.activation.is_null() {
            // SAFETY: from an exit or a trap outwards, frame pointers of wasm frames and thunks form a chain that ends
            // at the activation's own frame pointer; `exit_fp` of the activation before leads into the next chain.
            unsafe {
                let chain_end = &raw const (*self.activation).frame_pointer as usize;
                if fp == chain_end {
                    fp = (*self.activation).previous_exit_fp;
                    self.activation = (*self.activation).previous;
                    if fp <= NO_EXIT || self.activation.is_null() {
                        return;
                    }
                }
                let frame = fp as *const usize;
                self.visit(frame.add(1).read() - 1);
                fp = frame.read();
            }
        }
    }

    fn visit(&mut self, pc: usize) {
        let Some(range) = link::find(pc) else { return };
        let Some(location) = range.location(pc) else { return };
        self.frames.push(Frame {
            func_index: location.func_index,
            func_name: range.info.names.funcs.get(location.func_index).map(str::to_owned),
            module_name: range.info.names.module.clone(),
            func_offset: location.func_offset,
            module_offset: location.module_offset,
            module: range.module,
        });
    }
}
