# The filters against a real kube-scheduler's: a program that test/e2e drives (`make e2e`, `make differential`).
file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/differential/*.cc)
add_executable(differential ${sources})
stowage_deps(deps test/bench/support scheduler/solvers scheduler/control providers/kubernetes kube/http/server)
target_link_libraries(differential PRIVATE ${deps})
