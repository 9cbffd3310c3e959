// What programs that are already compiled rely on: layouts and numbers. It only has to compile. To change a line here,
// rather than to add one, takes a new major version. The functions are compared elsewhere: those of wasm.h with the
// headers of other engines (peers/standard.sh), those of wasmo.h with what tests call (coverage.sh).

#include <assert.h>
#include <stddef.h>

#include "wasmo.h"

static_assert(sizeof(wasm_val_t) == 16 && offsetof(wasm_val_t, kind) == 0 && offsetof(wasm_val_t, of) == 8, "value");
static_assert(sizeof(wasm_valkind_t) == 1 && sizeof(wasm_externkind_t) == 1 && sizeof(wasm_mutability_t) == 1, "kinds");
static_assert(sizeof(wasm_val_vec_t) == 16 && offsetof(wasm_val_vec_t, data) == 8, "vector");
static_assert(sizeof(wasm_limits_t) == 8 && offsetof(wasm_limits_t, max) == 4, "limits");
static_assert(sizeof(wasm_table_size_t) == 4 && sizeof(wasm_memory_pages_t) == 4, "sizes");

static_assert(WASM_I32 == 0 && WASM_I64 == 1 && WASM_F32 == 2 && WASM_F64 == 3, "numbers");
static_assert(WASM_EXTERNREF == 128 && WASM_FUNCREF == 129, "references");
static_assert(WASM_CONST == 0 && WASM_VAR == 1, "mutability");
static_assert(WASM_EXTERN_FUNC == 0 && WASM_EXTERN_GLOBAL == 1 && WASM_EXTERN_TABLE == 2 && WASM_EXTERN_MEMORY == 3 &&
                  WASM_EXTERN_TAG == 4,
              "kinds of externals");
static_assert(sizeof(wasmo_trap_code_t) == 1, "trap code");
static_assert(offsetof(wasmo_growth_t, kind) == 0 && offsetof(wasmo_growth_t, current) == 8 &&
                  offsetof(wasmo_growth_t, wanted) == 16 && offsetof(wasmo_growth_t, maximum) == 24,
              "growth");
static_assert(WASMO_TRAP_OTHER == 0 && WASMO_TRAP_UNREACHABLE == 1 && WASMO_TRAP_MEMORY_OUT_OF_BOUNDS == 2 &&
                  WASMO_TRAP_TABLE_OUT_OF_BOUNDS == 3 && WASMO_TRAP_UNDEFINED_ELEMENT == 4 &&
                  WASMO_TRAP_UNINITIALIZED_ELEMENT == 5 && WASMO_TRAP_INDIRECT_CALL_TYPE_MISMATCH == 6 &&
                  WASMO_TRAP_INTEGER_OVERFLOW == 7 && WASMO_TRAP_INTEGER_DIVIDE_BY_ZERO == 8 &&
                  WASMO_TRAP_INVALID_CONVERSION_TO_INTEGER == 9 && WASMO_TRAP_STACK_OVERFLOW == 10 &&
                  WASMO_TRAP_HOST_RESULT_MISMATCH == 11 && WASMO_TRAP_CODE_UNAVAILABLE == 12 &&
                  WASMO_TRAP_INTERNAL == 13 && WASMO_TRAP_INTERRUPTED == 14 && WASMO_TRAP_OUT_OF_FUEL == 15,
              "trap codes");
