//! What threads wait for each other with, by one name for a model checker to replace.

pub(crate) use std::sync::atomic::{AtomicPtr, Ordering};
pub(crate) use std::sync::{Arc, RwLock};
pub(crate) use std::thread::yield_now;
