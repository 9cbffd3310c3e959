//! Configurations.
#![allow(unsafe_code)]

use super::boundary::{Object, boundary, delete, give};
use crate::config::Config;
use std::ptr::null_mut;

/// The settings of an engine.
pub enum wasm_config_t {}

// SAFETY: made by `give`
unsafe impl Object for wasm_config_t {
    type Target = Config;
}

/// New settings: the defaults.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_config_new() -> *mut wasm_config_t {
    boundary!(null_mut(), { give(Config::new()) })
}

/// Frees `config`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_config_delete(config: *mut wasm_config_t) {
    boundary!((), { delete(config) })
}
