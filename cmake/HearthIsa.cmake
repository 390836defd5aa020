# hearth_isa_level(LEVEL flags…): the kernels of one ISA level, built with its flags and linked into hearth_kernels.
#
# An object library per level, from src/kernels/isa/LEVEL/*.cpp. These sources may leave nothing behind that another
# level could run by accident: tools/check_isa_symbols.py looks at every object.
function(hearth_isa_level level)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/kernels/isa/${level}/*.cpp)
  add_library(hearth_isa_${level} OBJECT ${sources})
  target_link_libraries(hearth_isa_${level} PRIVATE hearth_options)
  # Kernels are worth the optimiser's time where they are used; instrumented, -O3 takes minutes per source.
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(hearth_isa_${level} PRIVATE -O3)
  endif()
  target_compile_options(hearth_isa_${level} PRIVATE -fno-exceptions -fno-rtti -fno-math-errno ${ARGN})
  # A tile keeps one block's weights in registers; jamming two blocks together would spill them.
  target_compile_options(hearth_isa_${level} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-loop-unroll-and-jam>)
  # GCC 12 warns about its own AVX-512 intrinsics, whose don't-care operand is an uninitialised variable.
  target_compile_options(hearth_isa_${level} PRIVATE
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized> $<$<CXX_COMPILER_ID:GNU>:-Wno-uninitialized>)
  target_sources(hearth_kernels PRIVATE $<TARGET_OBJECTS:hearth_isa_${level}>)
endfunction()
