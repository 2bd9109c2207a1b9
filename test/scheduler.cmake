# Instances of published families, for the solvers' tests and benchmarks.
stowage_library(test/scheduler/instances DEPS scheduler/solvers base/random)
stowage_test(scheduler/model LABELS unit DEPS test/support scheduler/model)
stowage_test(scheduler/placement LABELS unit DEPS test/support test/scheduler/instances scheduler/solvers scheduler/placement)
# Of Boost.Graph's edge iterators, whose optional parts g++ 12 cannot follow.
set_source_files_properties(${CMAKE_CURRENT_SOURCE_DIR}/scheduler/solvers/flow_test.cc PROPERTIES
  COMPILE_OPTIONS "$<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>")
stowage_test(scheduler/solvers LABELS unit DEPS test/support test/scheduler/instances scheduler/solvers Boost::graph)
stowage_test(scheduler/control LABELS unit DEPS test/support scheduler/control sim/cluster)
stowage_test(scheduler/solvers/gap LABELS unit DEPS test/scheduler/instances scheduler/solvers)
stowage_test(scheduler/solvers/packing LABELS unit DEPS test/support scheduler/solvers)

# What tools/portable.sh compares over compilers.
add_executable(solver_hashes ${CMAKE_CURRENT_SOURCE_DIR}/scheduler/hashes/main.cc)
stowage_deps(deps test/scheduler/instances scheduler/solvers)
target_link_libraries(solver_hashes PRIVATE ${deps})
add_test(NAME scheduler/hashes COMMAND solver_hashes)
set_tests_properties(scheduler/hashes PROPERTIES LABELS hashes TIMEOUT 300
  PASS_REGULAR_EXPRESSION "all answers agree")
