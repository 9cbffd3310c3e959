//! Configurations.
#![allow(unsafe_code)]

use super::boundary::{Object, boundary, delete};
use super::error::give_made;
use crate::config::Config;
use std::ptr::null_mut;

/// The settings of an engine.
pub enum wasm_config_t {}

// SAFETY: made by `give`
unsafe impl Object for wasm_config_t {
    type Target = Config;
}

/// New settings: the defaults, or those of the environment variable `WASMO_CONFIG`. NULL if they are wrong.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_config_new() -> *mut wasm_config_t {
    boundary!(null_mut(), { give_made(Config::from_env()) })
}

/// Frees `config`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_config_delete(config: *mut wasm_config_t) {
    boundary!((), { delete(config) })
}
