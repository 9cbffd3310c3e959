# The package of wasmo in the forms in which other projects meet it, besides an installation where it was meant to be:
# the build tree, and an installation that was moved.

set(package "${CMAKE_CURRENT_BINARY_DIR}/package")
set(moved "${package}/moved/opt")

add_test(NAME package
         COMMAND "${CMAKE_CURRENT_SOURCE_DIR}/package.sh" "${CMAKE_COMMAND}" "${wasmo_root}/cmake" "${package}"
                 "${wasmo_VERSION}" "lib/${CMAKE_LIBRARY_ARCHITECTURE}")
set_tests_properties(package PROPERTIES FIXTURES_SETUP package RUN_SERIAL ON)

find_program(CARGO cargo PATHS "$ENV{CARGO_HOME}/bin" "$ENV{HOME}/.cargo/bin" REQUIRED)
add_test(NAME notices
         COMMAND "${CMAKE_CURRENT_SOURCE_DIR}/notices.sh" "${moved}/share/doc/wasmo" "${CARGO}"
                 "${wasmo_root}/Cargo.toml")

add_project_test(consumer_of_build_tree consumer "-DCMAKE_PREFIX_PATH=${package}/build" -DWASMO_PKG_CONFIG=OFF)
add_project_test(consumer_of_moved_installation consumer "-DCMAKE_PREFIX_PATH=${moved}")
set_tests_properties(notices consumer_of_build_tree consumer_of_moved_installation
                     PROPERTIES FIXTURES_REQUIRED package)

add_library(abi OBJECT abi.c)
set_target_properties(abi PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON)
target_link_libraries(abi PRIVATE wasmo::wasmo)
