#include "app/manager/cluster_spec.h"
#include "providers/kubernetes/cidr.h"
#include "test/fuzz/target.h"

namespace stowage::fuzz {

// A Cluster object: what a platform engineer applied, past or around the CRD's schema.
FUZZ_TARGET(cluster) {
  const kube::Object object(ParseOrMissing(bytes));
  const auto spec = app::ParseCluster(object, "host-uid");
  if (!spec) {
    Require(!spec.error().message.empty(), "an error says what is wrong");
    return;
  }
  (void)providers::ValidateOptions(spec->member);
}

}  // namespace stowage::fuzz
