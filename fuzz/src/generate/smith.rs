//! Modules of wasm-smith: of shapes and with instructions that the other generator does not think of, but most of their code
//! is never reached.

use super::canonical::with_canonical_conversions;
use crate::random::Random;
use arbitrary::Unstructured;
use wasm_smith::{Config, InstructionKind as Kind, InstructionKinds, MemoryOffsetChoices, Module};

const PAGE: u64 = 65536;
/// Function entries, iterations and bytes of bulk operations until a program is stopped by `unreachable`.
const FUEL: u32 = 20_000;

/// A module; none if chance does not lead to one.
pub fn module(random: &Random) -> Option<Vec<u8>> {
    let config = config(random);
    let length = 256 << random.below(6);
    let bytes = random.bytes(length);
    let mut module = Module::new(config, &mut Unstructured::new(&bytes)).ok()?;
    module.ensure_termination(FUEL).ok()?;
    Some(with_canonical_conversions(&module.to_bytes()).expect("wasm-smith makes valid modules"))
}

/// A module of all that wasm-smith knows, whether wasmo implements it or not. It need not end.
pub fn any_module(random: &Random) -> Option<Vec<u8>> {
    let bytes = random.bytes(4096);
    let mut bytes = Unstructured::new(&bytes);
    let config = bytes.arbitrary().ok()?;
    Some(Module::new(config, &mut bytes).ok()?.to_bytes())
}

fn config(random: &Random) -> Config {
    Config {
        // What is implemented.
        bulk_memory_enabled: true,
        multi_value_enabled: true,
        reference_types_enabled: true,
        saturating_float_to_int_enabled: true,
        sign_extension_ops_enabled: true,
        // What is not.
        acquire_release_atomics_enabled: false,
        compact_imports_enabled: false,
        custom_descriptors_enabled: false,
        custom_page_sizes_enabled: false,
        exceptions_enabled: false,
        extended_const_enabled: false,
        gc_enabled: false,
        max_memories: 1,
        memory64_enabled: false,
        multibyte_array_access_enabled: false,
        relaxed_simd_enabled: false,
        shared_everything_threads_enabled: false,
        simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        // Everything can be seen, and nothing depends on the engine.
        canonicalize_nans: true,
        export_everything: true,
        memory_max_size_required: true,
        table_max_size_required: true,
        max_memory32_bytes: 16 * PAGE,
        max_table_elements: 100,
        // A program that traps at once shows little.
        disallow_traps: random.below(2) == 0,
        memory_offset_choices: MemoryOffsetChoices(95, 4, 1),
        allowed_instructions: kinds(random),
        allow_floats: random.below(4) != 0,
        min_funcs: 1,
        max_funcs: 1 + random.below(8) as usize,
        max_imports: random.below(8) as usize,
        max_globals: random.below(12) as usize,
        min_memories: random.below(2) as u32,
        max_tables: 4,
        max_types: 12,
        max_data_segments: 6,
        max_element_segments: 6,
        max_elements: 20,
        max_instructions: 20 << random.below(6),
        ..Config::default()
    }
}

/// What functions consist of. Among branches most code is never reached; without them, all of it is.
fn kinds(random: &Random) -> InstructionKinds {
    let straight =
        [Kind::Numeric, Kind::Parametric, Kind::Variable, Kind::Memory, Kind::Reference, Kind::Table, Kind::Aggregate];
    match random.below(4) {
        0 => InstructionKinds::all(),
        1 => InstructionKinds::new(&straight[..4]),
        2 => InstructionKinds::new(&straight),
        _ => InstructionKinds::new(&[Kind::Numeric, Kind::Variable, Kind::MemoryInt, Kind::Control]),
    }
}
