# Instances of published families, for the solvers' tests and benchmarks.
stowage_library(test/scheduler/instances DEPS scheduler/solvers base/random)
stowage_test(scheduler/model LABELS unit DEPS test/support scheduler/model)
stowage_test(scheduler/placement LABELS unit DEPS test/support test/scheduler/instances scheduler/solvers scheduler/placement)
stowage_test(scheduler/solvers LABELS unit DEPS test/support test/scheduler/instances scheduler/solvers)
stowage_test(scheduler/control LABELS unit DEPS test/support scheduler/control sim/cluster)
stowage_test(scheduler/solvers/gap LABELS unit DEPS test/scheduler/instances scheduler/solvers)
stowage_test(scheduler/solvers/packing LABELS unit DEPS test/support scheduler/solvers)
