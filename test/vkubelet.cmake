stowage_test(vkubelet/node LABELS unit DEPS test/support providers/memory vkubelet/node sim/cluster)
stowage_test(vkubelet/pod LABELS unit DEPS test/support providers/memory vkubelet/pod sim/cluster)
stowage_test(vkubelet/server LABELS unit DEPS test/support providers/memory vkubelet/server kube/http/client sim/cluster)
