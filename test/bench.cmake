# Benchmarks: programs that run.sh drives. `make test` runs them small, so that they never rot.
stowage_library(test/bench/support DEPS app/lib sim/apiserver providers/kubernetes kube/http/client
  kube/http/server ${KUBE} ${BASE} OpenSSL::SSL)

foreach(name fleet apiserver binding latency)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/bench/${name}/*.cc)
  add_executable(bench_${name} ${sources})
  stowage_deps(deps test/bench/support app/manager app/lib)
  target_link_libraries(bench_${name} PRIVATE ${deps})
endforeach()

file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/bench/micro/*.cc)
if(sources)
  add_executable(bench_micro ${sources})
  stowage_deps(deps test/scheduler/instances test/bench/support test/support app/solve scheduler/solvers scheduler/control vkubelet/pod
    providers/kubernetes sim/apiserver sim/engine)
  target_link_libraries(bench_micro PRIVATE ${deps} benchmark::benchmark)
endif()

add_custom_target(bench_programs DEPENDS bench_fleet bench_apiserver bench_binding bench_latency)
if(TARGET bench_micro)
  add_dependencies(bench_programs bench_micro)
endif()

# The figures of so short a run mean nothing.
add_test(NAME bench/small COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/bench/run.sh ${CMAKE_BINARY_DIR} small)
set_tests_properties(bench/small PROPERTIES LABELS "bench-small" TIMEOUT 300)

# Quality over time of the solvers' arithmetic cores.
add_executable(bench_solver ${CMAKE_CURRENT_SOURCE_DIR}/bench/solver/main.cc)
stowage_deps(deps test/scheduler/instances test/bench/support scheduler/solvers)
target_link_libraries(bench_solver PRIVATE ${deps})

add_executable(bench_packing ${CMAKE_CURRENT_SOURCE_DIR}/bench/solver/packing_main.cc)
stowage_deps(deps test/scheduler/instances test/bench/support scheduler/solvers)
target_link_libraries(bench_packing PRIVATE ${deps})

# A whole fleet through the placement engine.
add_executable(bench_engine ${CMAKE_CURRENT_SOURCE_DIR}/bench/solver/engine_main.cc)
stowage_deps(deps test/scheduler/instances test/bench/support scheduler/solvers)
target_link_libraries(bench_engine PRIVATE ${deps})

# What changes cost, and pods placed one by one between solves.
add_executable(bench_fastlane ${CMAKE_CURRENT_SOURCE_DIR}/bench/solver/fastlane_main.cc)
stowage_deps(deps test/scheduler/instances scheduler/solvers)
target_link_libraries(bench_fastlane PRIVATE ${deps})

# Instances as files, for bench/solver/suite.py and whoever wants to compare.
add_executable(make_instance ${CMAKE_CURRENT_SOURCE_DIR}/bench/solver/make_instance.cc)
stowage_deps(deps test/scheduler/instances app/solve)
target_link_libraries(make_instance PRIVATE ${deps})
add_dependencies(bench_programs bench_solver bench_packing bench_engine bench_fastlane make_instance)
