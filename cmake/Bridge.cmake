# The Rust static library of bridge/, built by cargo in build/cargo, as the imported target hearth_bridge.
find_program(HEARTH_CARGO cargo HINTS $ENV{HOME}/.cargo/bin REQUIRED)

set(bridge_folder ${PROJECT_SOURCE_DIR}/bridge)
# One folder for every preset: Rust is built the same way in all of them, and its crates take two minutes.
set(bridge_target ${PROJECT_SOURCE_DIR}/build/cargo)
set(bridge_library ${bridge_target}/release/libhearth_bridge.a)
set(bridge_header ${bridge_target}/cxxbridge/hearth-bridge/src/lib.rs.h)
file(GLOB bridge_sources CONFIGURE_DEPENDS ${bridge_folder}/src/*.rs)

# cargo leaves an up-to-date library alone; the touch tells ninja that it is.
add_custom_command(
  OUTPUT ${bridge_library} ${bridge_header}
  COMMAND ${CMAKE_COMMAND} -E env CARGO_TARGET_DIR=${bridge_target}
    ${HEARTH_CARGO} build --release --locked --quiet --manifest-path ${bridge_folder}/Cargo.toml
  COMMAND ${CMAKE_COMMAND} -E touch ${bridge_library} ${bridge_header}
  DEPENDS ${bridge_sources} ${bridge_folder}/build.rs ${bridge_folder}/Cargo.toml ${bridge_folder}/Cargo.lock
  COMMENT "Building the Rust bridge"
  VERBATIM)
add_custom_target(hearth_bridge_build DEPENDS ${bridge_library} ${bridge_header})

file(MAKE_DIRECTORY ${bridge_target}/cxxbridge)
add_library(hearth_bridge STATIC IMPORTED GLOBAL)
set_target_properties(hearth_bridge PROPERTIES IMPORTED_LOCATION ${bridge_library})
target_include_directories(hearth_bridge SYSTEM INTERFACE ${bridge_target}/cxxbridge)
find_package(Threads REQUIRED)
target_link_libraries(hearth_bridge INTERFACE Threads::Threads ${CMAKE_DL_LIBS} m)
add_dependencies(hearth_bridge hearth_bridge_build)
