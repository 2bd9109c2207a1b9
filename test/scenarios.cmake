# Deterministic simulation: whole worlds in virtual time under faults.
file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/scenarios/*.cc)
list(FILTER sources EXCLUDE REGEX "(simtest|_test)\\.cc$")
stowage_deps(deps app/manager sim/cluster sim/controllers sim/apiserver sim/faults sim/checkers sim/engine
  kube/cache kube/client kube/api base/log base/random base/time base/result)
stowage_embed(${CMAKE_SOURCE_DIR}/manifests/crds/clusters.yaml
  ${CMAKE_CURRENT_BINARY_DIR}/scenarios/clusters_crd.inc)
add_library(stowage_test_scenarios STATIC ${sources})
target_include_directories(stowage_test_scenarios PUBLIC ${CMAKE_SOURCE_DIR}
  PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/scenarios)
target_link_libraries(stowage_test_scenarios PUBLIC ${deps})

# The commit that seeds derive from: as of the last configure, which is enough for fresh seeds.
execute_process(COMMAND git -C ${CMAKE_SOURCE_DIR} rev-parse HEAD OUTPUT_VARIABLE commit
  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT commit)
  set(commit "unknown")
endif()
set_source_files_properties(scenarios/simtest.cc PROPERTIES COMPILE_DEFINITIONS
  STOWAGE_COMMIT="${commit}")
add_executable(simtest scenarios/simtest.cc)
target_link_libraries(simtest PRIVATE stowage_test_scenarios)
add_test(NAME scenarios/simtest COMMAND simtest --seeds=300)
set_tests_properties(scenarios/simtest PROPERTIES LABELS sim TIMEOUT 1200 PROCESSORS 2)

add_executable(determinism_test scenarios/determinism_test.cc)
target_link_libraries(determinism_test PRIVATE stowage_test_scenarios GTest::gtest_main)
add_test(NAME scenarios/determinism COMMAND determinism_test)
set_tests_properties(scenarios/determinism PROPERTIES LABELS sim TIMEOUT 300)

# Known bugs, put back one at a time, must each be found.
add_test(NAME mutants COMMAND ${CMAKE_SOURCE_DIR}/test/mutants/run.sh)
set_tests_properties(mutants PROPERTIES LABELS mutants TIMEOUT 1800 RUN_SERIAL ON)
