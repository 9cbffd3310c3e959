# The imported targets of wasmo, for a build tree and for an installation alike.

# What libwasmo.a leaves to the system: LLVM's own dependencies, the C++ runtime that LLVM is written against, and
# what the Rust standard library needs. The unwinder is not among it: compilers add it, libgcc_s or, to a program without
# shared libraries, libgcc_eh.
set(wasmo_static_dependencies stdc++ z zstd pthread dl rt m c)

# wasmo_add_targets(<library dir> <include dir> [GLOBAL])
function(wasmo_add_targets library_dir include_dir)
  add_library(wasmo::wasmo SHARED IMPORTED ${ARGN})
  set_target_properties(wasmo::wasmo PROPERTIES
    # The link name, not the file with the full version: the SONAME is read from the library itself.
    IMPORTED_LOCATION "${library_dir}/libwasmo.so"
    INTERFACE_INCLUDE_DIRECTORIES "${include_dir}")

  add_library(wasmo::wasmo_static STATIC IMPORTED ${ARGN})
  set_target_properties(wasmo::wasmo_static PROPERTIES
    IMPORTED_LOCATION "${library_dir}/libwasmo.a"
    INTERFACE_INCLUDE_DIRECTORIES "${include_dir}"
    INTERFACE_COMPILE_DEFINITIONS LIBWASM_STATIC
    INTERFACE_LINK_LIBRARIES "${wasmo_static_dependencies}")
endfunction()
