# For programs that load libraries of engines when they run: the library `api`, and where libwasmo.so and the library of
# Wasmtime are. Wants the packages wasmo and Threads to be found.

get_target_property(wasmo_library wasmo::wasmo IMPORTED_LOCATION)
get_target_property(wasmo_include_dir wasmo::wasmo INTERFACE_INCLUDE_DIRECTORIES)
set(wasmtime_dir "${CMAKE_CURRENT_BINARY_DIR}/wasmtime")
set(wasmtime_library "${wasmtime_dir}/libwasmtime.so")
# The command that puts it there; it needs the network, once.
set(fetch_wasmtime "${CMAKE_CURRENT_LIST_DIR}/fetch.sh" "${CMAKE_COMMAND}" "${CMAKE_CURRENT_LIST_DIR}/wasmtime.txt"
                   "${wasmtime_dir}")

# The table of the functions of wasm.h.
set(functions "${CMAKE_CURRENT_BINARY_DIR}/functions.inc")
set(declared "${CMAKE_CURRENT_LIST_DIR}/../declared.sh")
add_custom_command(
  OUTPUT "${functions}"
  COMMAND bash -o pipefail -c "\"$1\" \"$2\" \"$3\" | sed 's/^wasm_\\(.*\\)/FUNCTION(\\1)/' >\"$4\"" bash
          "${declared}" "${CMAKE_C_COMPILER}" "${wasmo_include_dir}/wasm.h" "${functions}"
  DEPENDS "${wasmo_include_dir}/wasm.h" "${declared}"
  VERBATIM)

add_library(api STATIC "${CMAKE_CURRENT_LIST_DIR}/api.c" "${functions}")
target_include_directories(api PUBLIC "${wasmo_include_dir}" "${CMAKE_CURRENT_LIST_DIR}"
                                      "${CMAKE_CURRENT_BINARY_DIR}")
target_compile_options(api PUBLIC -Wall -Wextra -Werror)
target_link_libraries(api PUBLIC ${CMAKE_DL_LIBS} Threads::Threads)
