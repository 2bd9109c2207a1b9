stowage_test(app LABELS unit DEPS test/support app/lib)
stowage_test(app/solve LABELS unit DEPS test/support test/scheduler/instances app/solve sim/engine Clp CoinUtils)
# The built program, as a shell runs it.
stowage_test(app/solve_command LABELS unit DEPS kube/api)
target_compile_definitions(app_solve_command_test PRIVATE STOWAGE_BINARY="$<TARGET_FILE:stowage>")
add_dependencies(app_solve_command_test stowage)
