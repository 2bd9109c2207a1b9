#include "vkubelet/node/node_lease.h"

#include <algorithm>
#include <utility>

#include "base/log/log.h"
#include "base/time/rfc3339.h"
#include "kube/api/well_known.h"
#include "kube/controller/work_queue.h"

namespace stowage::vkubelet {
namespace {

constexpr std::string_view kLeaseNamespace = "kube-node-lease";

}  // namespace

NodeLease::NodeLease(Executor& executor, kube::Client& client, Rng rng, Options options,
                     std::function<std::string()> node_uid)
    : executor_(executor),
      client_(client),
      rng_(std::move(rng)),
      options_(std::move(options)),
      node_uid_(std::move(node_uid)) {}

NodeLease::~NodeLease() {
  *alive_ = false;
  executor_.Cancel(timer_);
}

void NodeLease::Start() { Renew(); }

kube::Json NodeLease::Body() const {
  kube::MutableJson lease;
  const std::string uid = node_uid_();
  if (!uid.empty()) {  // the Lease goes with the Node, also with one that is made anew
    kube::MutableJson owner;
    owner["apiVersion"] = "v1";
    owner["kind"] = "Node";
    owner["name"] = options_.node;
    owner["uid"] = uid;
    lease.Set({"metadata", "ownerReferences"}, kube::JsonArray{});
    lease["metadata"]["ownerReferences"].Append(owner.ref());
  }
  lease.Set({"spec", "holderIdentity"}, options_.node);
  lease.Set({"spec", "leaseDurationSeconds"},
            std::chrono::duration_cast<std::chrono::seconds>(options_.duration).count());
  lease.Set({"spec", "renewTime"}, FormatMicroTime(executor_.WallNow()));
  return std::move(lease).Freeze();
}

void NodeLease::Renew() {
  const uint64_t attempt = ++attempt_;
  // A write that hangs must not cost the lease: after this long it is given up and tried anew.
  timer_ = executor_.RunAfter(options_.renewal, [this, attempt] {
    Finish(attempt, Error{ErrorCode::kUnavailable, "no answer in time", std::nullopt});
  });
  Patch(attempt);
}

// Nobody else writes this object, so that a patch without resourceVersion is safe; one call a
// renewal.
void NodeLease::Patch(uint64_t attempt) {
  client_.Patch(kube::kLeases, kLeaseNamespace, options_.node, kube::PatchType::kMerge, Body(),
                [this, attempt, alive = alive_](Result<kube::Object> patched) {
                  if (!*alive) return;
                  if (!patched && patched.error().code == ErrorCode::kNotFound) {
                    return Create(attempt);
                  }
                  Finish(attempt, patched ? std::nullopt : std::optional<Error>(patched.error()));
                });
}

void NodeLease::Create(uint64_t attempt) {
  if (attempt != attempt_) return;
  kube::MutableJson lease{Body()};
  lease["apiVersion"] = "coordination.k8s.io/v1";
  lease["kind"] = "Lease";
  lease.Set({"metadata", "name"}, options_.node);
  lease.Set({"metadata", "namespace"}, kLeaseNamespace);
  client_.Create(kube::kLeases, kLeaseNamespace, std::move(lease).Freeze(),
                 [this, attempt, alive = alive_](Result<kube::Object> created) {
                   if (!*alive) return;
                   Finish(attempt, created ? std::nullopt : std::optional<Error>(created.error()));
                 });
}

void NodeLease::Finish(uint64_t attempt, const std::optional<Error>& error) {
  if (attempt != attempt_ || finished_ == attempt) return;
  finished_ = attempt;
  if (!error) {
    failures_ = 0;
    ++renewals_;
    return Next(options_.renewal);
  }
  LogWarning("lease not renewed", {{"node", options_.node}, {"error", *error}});
  const kube::BackoffOptions backoff{.min = Milliseconds(200), .max = Seconds(7)};
  Next(kube::BackoffDelay(backoff, ++failures_, rng_));
}

void NodeLease::Next(Duration delay) {
  executor_.Cancel(timer_);
  timer_ = executor_.RunAfter(delay, [this] { Renew(); });
}

}  // namespace stowage::vkubelet
