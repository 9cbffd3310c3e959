# Programs that were linked with another engine run with wasmo as they are, without being linked again: with libwasmo.so
# under the name of that engine's library, or loaded before it.

# A library with the name and the functions of that engine, of which none does anything but end the program.
execute_process(COMMAND "${here}/../declared.sh" "${CMAKE_C_COMPILER}" "${headers_wasmtime}/wasm.h"
                OUTPUT_VARIABLE functions COMMAND_ERROR_IS_FATAL ANY)
string(REGEX REPLACE "([a-z0-9_]+)\n" "void \\1(void) { abort(); }\n" functions "${functions}")
file(CONFIGURE OUTPUT engine.c CONTENT "#include <stdlib.h>\n${functions}" @ONLY)
add_library(wasmtime SHARED "${CMAKE_CURRENT_BINARY_DIR}/engine.c")
set(engine_dir "${CMAKE_CURRENT_BINARY_DIR}/engine")
set_target_properties(wasmtime PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${engine_dir}")

# wasmo under its name.
set(renamed_dir "${CMAKE_CURRENT_BINARY_DIR}/renamed")
get_target_property(wasmo_library wasmo::wasmo IMPORTED_LOCATION)
file(MAKE_DIRECTORY "${renamed_dir}")
file(CREATE_LINK "${wasmo_library}" "${renamed_dir}/libwasmtime.so" SYMBOLIC)

foreach(name hello memory trap)
  add_executable(switching_${name} "${examples}/${name}.c")
  target_include_directories(switching_${name} PRIVATE "${headers_wasmtime}")
  target_link_libraries(switching_${name} PRIVATE wasmtime)
  # It finds the engine where the dynamic linker looks, not where it was linked.
  set_target_properties(switching_${name} PROPERTIES SKIP_BUILD_RPATH ON)
  set(program $<TARGET_FILE:switching_${name}>)
  set(expect "${here}/expect.sh" "${here}/expected/${name}.txt")

  # Or else what follows would show nothing.
  add_test(NAME unswitched_${name} COMMAND bash -c "! \"$1\"" bash ${program})
  set_tests_properties(unswitched_${name} PROPERTIES ENVIRONMENT "LD_LIBRARY_PATH=${engine_dir}")

  add_test(NAME switched_by_name_${name} COMMAND ${expect} ${program})
  set_tests_properties(switched_by_name_${name} PROPERTIES ENVIRONMENT "LD_LIBRARY_PATH=${renamed_dir}")

  add_test(NAME switched_by_preload_${name} COMMAND ${expect} env "LD_PRELOAD=${wasmo_library}" ${program})
  set_tests_properties(switched_by_preload_${name} PROPERTIES ENVIRONMENT "LD_LIBRARY_PATH=${engine_dir}")
  set_tests_properties(unswitched_${name} switched_by_name_${name} switched_by_preload_${name}
                       PROPERTIES WORKING_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/wasm")
endforeach()
