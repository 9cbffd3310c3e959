//! The operating system: mappings, signals, stacks. Linux on x86-64.
//!
//! Nothing here knows of WebAssembly. Beside `llvm`, the naked entry routines and the C boundary this is where `unsafe`
//! is at home.

mod file;
mod image;
mod map;
mod signals;
mod space;
mod stack;
mod user;

pub(crate) use file::MappedFile;
pub(crate) use image::PageImage;
pub(crate) use map::{MACHINE_PAGE, Reservation};
pub(crate) use signals::{
    Fault, Place, Redirect, install_fault_handler, install_interrupt_handler, prepare_thread, send_interrupt,
};
pub(crate) use space::{MOST_RESIDENT, Space};
pub(crate) use stack::{Bounds, after_fork, thread_id, thread_stack};
pub(crate) use user::user;

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
compile_error!("wasmo runs on Linux on x86-64; the entry routines, stubs and signal handling are written for it");
