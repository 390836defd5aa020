# hearth_library(FOLDER [LINK public-targets…] [PRIVATE private-targets…]): one static library per folder of src/.
#
# It links the folders that src/LAYERS allows and no others, so an include outside the layers does not compile or link.
function(hearth_layer_edges folder result)
  file(STRINGS ${PROJECT_SOURCE_DIR}/src/LAYERS lines REGEX "^${folder}:")
  string(REGEX REPLACE "^${folder}: *" "" edges "${lines}")
  string(REPLACE " " ";" edges "${edges}")
  set(${result} ${edges} PARENT_SCOPE)
endfunction()

function(hearth_library folder)
  cmake_parse_arguments(ARG "" "" "LINK;PRIVATE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${folder}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/kernels/isa/")
  add_library(hearth_${folder} STATIC ${sources})
  target_link_libraries(hearth_${folder} PUBLIC hearth_options ${ARG_LINK} PRIVATE ${ARG_PRIVATE})
  hearth_layer_edges(${folder} edges)
  foreach(edge IN LISTS edges)
    target_link_libraries(hearth_${folder} PUBLIC hearth_${edge})
  endforeach()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/LAYERS)
endfunction()
