//! Engines.
#![allow(unsafe_code)]

use super::boundary::{Object, boundary, delete, take};
use super::config::wasm_config_t;
use super::error::give_made;
use crate::config::Config;
use crate::engine::Engine;
use std::ptr::null_mut;

/// What compiles modules. Any number of engines may exist, each used by any number of threads.
pub enum wasm_engine_t {}

// SAFETY: made by `give`
unsafe impl Object for wasm_engine_t {
    type Target = Engine;
}

/// A new engine with the default settings, or those of the environment variable `WASMO_CONFIG`. NULL if they are wrong.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_engine_new() -> *mut wasm_engine_t {
    boundary!(null_mut(), { give_made(Config::from_env().and_then(Engine::new)) })
}

/// A new engine with the settings `config`, which it takes; NULL stands for those of `wasm_engine_new`.
/// NULL if they cannot be. If this machine cannot run what the engine makes, `wasmo_precompile` is all that it is for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_engine_new_with_config(config: *mut wasm_config_t) -> *mut wasm_engine_t {
    boundary!(null_mut(), {
        give_made(take(config).map_or_else(Config::from_env, |config| Ok(*config)).and_then(Engine::new))
    })
}

/// Frees this handle. What was made with the engine goes on working.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_engine_delete(engine: *mut wasm_engine_t) {
    boundary!((), { delete(engine) })
}
