stowage_test(providers/memory LABELS unit DEPS test/support providers/memory)
stowage_test(providers/kubernetes LABELS unit DEPS test/support providers/kubernetes)
stowage_test(providers/conformance LABELS contract DEPS test/support providers/memory providers/kubernetes
  sim/apiserver)
