stowage_test(scheduler/model LABELS unit DEPS test/support scheduler/model)
stowage_test(scheduler/placement LABELS unit DEPS test/support scheduler/solvers scheduler/placement)
stowage_test(scheduler/solvers LABELS unit DEPS test/support scheduler/solvers)
stowage_test(scheduler/control LABELS unit DEPS test/support scheduler/control sim/cluster)
