//! The operating system: mappings, signals, stacks, forks and the end of the process. Linux on x86-64.
//!
//! Nothing here knows of WebAssembly. Beside `llvm`, the naked entry routines and the C boundary this is where `unsafe`
//! is at home.

mod exit;
mod file;
mod fork;
mod image;
mod map;
mod signals;
mod space;
mod stack;
mod user;

pub(crate) use exit::{hold_exit, let_exit_wait};
pub(crate) use file::MappedFile;
pub(crate) use fork::{NoFork, after_fork, generation, no_fork};
pub(crate) use image::PageImage;
pub(crate) use map::{MACHINE_PAGE, Reservation};
pub(crate) use signals::{
    Fault, Place, Redirect, install_fault_handler, install_interrupt_handler, prepare_thread, send_interrupt,
    without_signals,
};
pub(crate) use space::{MOST_RESIDENT, Space};
pub(crate) use stack::{Bounds, give_way, thread_id, thread_stack};
pub(crate) use user::user;

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
compile_error!("wasmo runs on Linux on x86-64; the entry routines, stubs and signal handling are written for it");
