# What every target shares, and one function per kind of target.

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g")
# Floating point only steers, and must do so alike everywhere: no contraction into fused operations.
add_compile_options(-Wall -Wextra -Werror -Wno-missing-field-initializers -ffp-contract=off)
add_compile_definitions(_TURN_OFF_PLATFORM_STRING BOOST_ASIO_NO_DEPRECATED)

# -O1: a third less to compile, and stacks that read better.
set(STOWAGE_SANITIZE "" CACHE STRING "address (with undefined behaviour) or thread")
if(STOWAGE_SANITIZE STREQUAL "address")
  add_compile_options(-O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(STOWAGE_SANITIZE STREQUAL "thread")
  # Stand-alone fences are what TSan does not understand; Asio's add nothing to the locks it takes.
  add_compile_options(-O1 -fsanitize=thread -fno-omit-frame-pointer -Wno-tsan)
  add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
  add_link_options(-fsanitize=thread)
endif()

# Fuzzers (test/fuzz/run.sh): clang, every source instrumented for coverage.
option(STOWAGE_FUZZ "Build the fuzz targets; needs clang" OFF)
if(STOWAGE_FUZZ)
  add_compile_options(-O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
    -fno-omit-frame-pointer -Wno-error)
  add_link_options(-fsanitize=address,undefined)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # Base directory and no directory hash: another checkout of the same sources hits the same cache.
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# stowage_library(base/result DEPS ...): target stowage_base_result from all *.cc of that folder (and
# of the SUBDIRS named). DEPS take folders ("base/result") and imported targets ("glog::glog").
function(stowage_library folder)
  cmake_parse_arguments(ARG "" "" "DEPS;SUBDIRS" ${ARGN})
  string(REPLACE "/" "_" name "stowage_${folder}")
  set(patterns ${CMAKE_SOURCE_DIR}/${folder}/*.cc)
  foreach(sub ${ARG_SUBDIRS})
    list(APPEND patterns ${CMAKE_SOURCE_DIR}/${folder}/${sub}/*.cc)
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${patterns})
  stowage_deps(deps ${ARG_DEPS})
  if(sources)
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
    target_link_libraries(${name} PUBLIC ${deps})
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${CMAKE_SOURCE_DIR})
    target_link_libraries(${name} INTERFACE ${deps})
  endif()
endfunction()

# stowage_test(kube/api DEPS ...): one program from test/kube/api/*_test.cc, run by ctest as kube/api.
# LABELS, TIMEOUT (seconds, default 120) and ARGS are passed on.
function(stowage_test folder)
  cmake_parse_arguments(ARG "" "TIMEOUT" "DEPS;LABELS;ARGS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/test/${folder}/*.cc)
  if(NOT sources)
    return()
  endif()
  string(REPLACE "/" "_" name "${folder}_test")
  stowage_deps(deps ${ARG_DEPS})
  add_executable(${name} ${sources})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${deps} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE STOWAGE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  add_test(NAME ${folder} COMMAND ${name} ${ARG_ARGS})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(STOWAGE_SANITIZE)  # slower by a factor of 5 to 15
    math(EXPR ARG_TIMEOUT "${ARG_TIMEOUT} * 10")
  endif()
  set_tests_properties(${folder} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()

function(stowage_deps out)
  set(result)
  foreach(dep ${ARGN})
    if(dep MATCHES "^[a-z]+/")
      string(REPLACE "/" "_" dep "stowage_${dep}")
    endif()
    list(APPEND result ${dep})
  endforeach()
  set(${out} ${result} PARENT_SCOPE)
endfunction()

# stowage_embed(FILE OUT): OUT becomes a raw string literal with FILE's text, for #include in a .cc.
function(stowage_embed file out)
  file(READ ${file} text)
  file(CONFIGURE OUTPUT ${out} CONTENT "R\"embed(${text})embed\"\n" @ONLY)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
endfunction()
