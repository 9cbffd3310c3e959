# Writes the notices of everything that the libraries of wasmo contain: a fixed text on LLVM, the licences of the crates
# that they depend on, and, as a file of its own, those of the Rust standard library.
#
#     cmake -DCARGO=<cargo> -DRUSTC=<rustc> -DMANIFEST=<Cargo.toml> -DOUTPUT_DIR=<folder> -P notices.cmake
cmake_minimum_required(VERSION 3.20)

cmake_path(GET MANIFEST PARENT_PATH wasmo_root)

# output_of(<out> <command>...): what a command prints. It must succeed.
function(output_of out)
  execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE output OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(${out} "${output}" PARENT_SCOPE)
endfunction()

# spread(<prefix> <JSON> <member>...): the elements of an array as <prefix>_0, <prefix>_1, …, and as <prefix>_range all
# of these numbers. To parse the large document once for each element is slow enough.
function(spread prefix json)
  string(JSON count LENGTH "${json}" ${ARGN})
  set(range "")
  if(count GREATER 0)
    math(EXPR last "${count} - 1")
    foreach(i RANGE ${last})
      string(JSON element GET "${json}" ${ARGN} ${i})
      set(${prefix}_${i} "${element}" PARENT_SCOPE)
      list(APPEND range ${i})
    endforeach()
  endif()
  set(${prefix}_range "${range}" PARENT_SCOPE)
endfunction()

# --- Which crates: all that the normal dependencies of wasmo lead to. Cargo counts the features that tests ask for as
# well, so there are a few more than `cargo tree` shows. ---

output_of(about_cargo "${CARGO}" -vV)
if(NOT about_cargo MATCHES "host: ([^\n]+)")
  message(FATAL_ERROR "cargo did not say for which target it compiles")
endif()
output_of(metadata "${CARGO}" metadata --locked --format-version 1 --filter-platform "${CMAKE_MATCH_1}"
          --manifest-path "${MANIFEST}")

spread(node "${metadata}" resolve nodes)
foreach(i IN LISTS node_range)
  string(JSON id GET "${node_${i}}" id)
  set("node_of_${id}" "${node_${i}}")
endforeach()

string(JSON root GET "${metadata}" resolve root)
set(reached "${root}")
set(pending "${root}")
while(pending)
  list(POP_FRONT pending id)
  spread(dependency "${node_of_${id}}" deps)
  foreach(i IN LISTS dependency_range)
    string(JSON id GET "${dependency_${i}}" pkg)
    spread(kind "${dependency_${i}}" dep_kinds)
    foreach(k IN LISTS kind_range)
      # `null` is a normal dependency; others have the kind "dev" or "build".
      string(JSON type TYPE "${kind_${k}}" kind)
      if(type STREQUAL "NULL" AND NOT id IN_LIST reached)
        list(APPEND reached "${id}")
        list(APPEND pending "${id}")
      endif()
    endforeach()
  endforeach()
endwhile()
list(REMOVE_ITEM reached "${root}")

# --- What they say of themselves, and the texts of their licences, each of which is kept once ---

set(crates "")
set(texts "")
spread(package "${metadata}" packages)
foreach(i IN LISTS package_range)
  string(JSON id GET "${package_${i}}" id)
  if(NOT id IN_LIST reached)
    continue()
  endif()
  foreach(member name version license repository manifest_path)
    # Null members, of a crate without a repository for example, come as an empty text.
    string(JSON ${member} GET "${package_${i}}" ${member})
  endforeach()
  string(APPEND crates "${name} ${version}: ${license}; ${repository}\n")

  cmake_path(GET manifest_path PARENT_PATH folder)
  file(GLOB files LIST_DIRECTORIES false
       "${folder}/LICEN[CS]E*" "${folder}/COPYING*" "${folder}/COPYRIGHT*" "${folder}/NOTICE*" "${folder}/UNLICENSE*")
  if(NOT files AND license STREQUAL "Apache-2.0")
    set(files "${wasmo_root}/LICENSE")
  elseif(NOT files)
    message(FATAL_ERROR "${name} ${version} (${license}) comes without the text of its licence")
  endif()
  foreach(file IN LISTS files)
    file(READ "${file}" text)
    string(STRIP "${text}" text)
    string(SHA256 hash "${text}")
    if(NOT hash IN_LIST texts)
      list(APPEND texts ${hash})
      set("text_${hash}" "${text}")
    endif()
    list(APPEND "owners_of_${hash}" "${name}")
  endforeach()
endforeach()

# --- The files ---

file(READ "${CMAKE_CURRENT_LIST_DIR}/notices/preamble.txt" notices)
file(READ "${CMAKE_CURRENT_LIST_DIR}/notices/llvm.txt" llvm)
string(APPEND notices "\n${llvm}\n2. Rust crates\n==============\n\n${crates}")
foreach(hash IN LISTS texts)
  list(REMOVE_DUPLICATES "owners_of_${hash}")
  list(JOIN "owners_of_${hash}" ", " owners)
  string(APPEND notices "\n--- Of ${owners} ---\n\n${text_${hash}}\n")
endforeach()
file(WRITE "${OUTPUT_DIR}/THIRD-PARTY-NOTICES.txt" "${notices}")

output_of(sysroot "${RUSTC}" --print sysroot)
set(rust_notices "${sysroot}/share/doc/rust/COPYRIGHT-library.html")
if(EXISTS "${rust_notices}")
  configure_file("${rust_notices}" "${OUTPUT_DIR}/rust-standard-library.html" COPYONLY)
else()
  message(WARNING "The Rust toolchain lacks ${rust_notices}: who distributes the libraries has to add the notices of "
                  "the Rust standard library")
endif()
