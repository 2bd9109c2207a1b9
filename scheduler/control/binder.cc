#include "scheduler/control/binder.h"

#include <algorithm>
#include <utility>

#include "kube/api/well_known.h"

namespace stowage::scheduler {
namespace {

constexpr Duration kLookAgainMin = Milliseconds(200);
constexpr Duration kLookAgainMax = Seconds(10);

// True if the answer proves that the call did not bind the pod and will not. After anything else
// the binding may have happened: look before deciding again.
bool SurelyNotBound(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
    case ErrorCode::kUnauthorized:
    case ErrorCode::kForbidden:
    case ErrorCode::kTooManyRequests:
    case ErrorCode::kUnsupported:
      return true;
    default:
      return false;
  }
}

}  // namespace

struct Binder::Impl : std::enable_shared_from_this<Binder::Impl> {
  Impl(Executor& e, kube::Client& c, int max, Done d)
      : executor(e), client(c), under_way_max(max), done(std::move(d)) {}

  void Pump() {
    while (!queue.empty() && under_way < under_way_max) {
      auto next = std::make_shared<Binding>(std::move(queue.front()));
      queue.pop_front();
      ++under_way;
      MarkNext(next, 0);
    }
  }

  // The claims from `at` on, one after the other, then the pod.
  void MarkNext(const std::shared_ptr<Binding>& binding, size_t at) {
    if (at == binding->claims.size()) return Bind(binding);
    const ClaimToMark& claim = binding->claims[at];
    kube::MutableJson patch;
    patch.Set({"metadata", "resourceVersion"}, claim.resource_version);
    patch.Set({"metadata", "annotations", kube::kAnnotationVolumeNode}, binding->node);
    client.Patch(kube::kPersistentVolumeClaims, binding->pod.ns, claim.name,
                 kube::PatchType::kMerge, std::move(patch).Freeze(),
                 [weak = weak_from_this(), binding, at](Result<kube::Object> marked) {
                   auto self = weak.lock();
                   if (self == nullptr) return;
                   if (marked) return self->MarkNext(binding, at + 1);
                   const Error error =
                       WithContext(marked.error(), "claim " + binding->claims[at].name);
                   self->Finish(binding, Outcome::kRefused, "", &error);
                 });
  }

  void Bind(const std::shared_ptr<Binding>& binding) {
    client.Bind(binding->pod.ns, binding->pod.name, binding->node, binding->annotations,
                binding->uid, [weak = weak_from_this(), binding](Result<void> result) {
                  if (auto self = weak.lock()) self->OnBound(binding, result);
                });
  }

  void OnBound(const std::shared_ptr<Binding>& binding, const Result<void>& result) {
    if (result) return Finish(binding, Outcome::kBound, binding->node, nullptr);
    if (SurelyNotBound(result.error().code)) {
      return Finish(binding, Outcome::kRefused, "", &result.error());
    }
    Look(binding, result.error(), kLookAgainMin);
  }

  void Look(const std::shared_ptr<Binding>& binding, const Error& why, Duration next_delay) {
    client.Get(kube::kPods, binding->pod.ns, binding->pod.name,
               [weak = weak_from_this(), binding, why, next_delay](Result<kube::Object> pod) {
                 if (auto self = weak.lock()) self->OnSeen(binding, why, next_delay, pod);
               });
  }

  void OnSeen(const std::shared_ptr<Binding>& binding, const Error& why, Duration delay,
              const Result<kube::Object>& pod) {
    if (!pod && pod.error().code == ErrorCode::kNotFound) {
      return Finish(binding, Outcome::kGone, "", nullptr);
    }
    if (!pod) {  // says nothing about the pod
      executor.RunAfter(pod.error().retry_after.value_or(delay),
                        [weak = weak_from_this(), binding, why, delay] {
                          if (auto self = weak.lock()) {
                            self->Look(binding, why, std::min(delay * 2, kLookAgainMax));
                          }
                        });
      return;
    }
    if (pod->uid() != binding->uid) return Finish(binding, Outcome::kGone, "", nullptr);
    const std::string node = pod->spec()["nodeName"].string();
    if (node.empty()) return Finish(binding, Outcome::kRefused, "", &why);
    // A conflict says that this very call did not bind it, wherever it is now.
    const bool ours = node == binding->node && why.code != ErrorCode::kConflict;
    Finish(binding, ours ? Outcome::kBound : Outcome::kBoundByOther, node, nullptr);
  }

  void Finish(const std::shared_ptr<Binding>& binding, Outcome outcome, const std::string& node,
              const Error* error) {
    --under_way;
    done(*binding, outcome, node, error);
    Pump();
  }

  Executor& executor;
  kube::Client& client;
  const int under_way_max;
  Done done;
  std::deque<Binding> queue;
  int under_way = 0;
};

Binder::Binder(Executor& executor, kube::Client& client, int under_way_max, Done done)
    : impl_(std::make_shared<Impl>(executor, client, under_way_max, std::move(done))) {}

Binder::~Binder() = default;

void Binder::Add(Binding binding) {
  impl_->queue.push_back(std::move(binding));
  impl_->Pump();
}

void Binder::Look(Binding binding) {
  ++impl_->under_way;
  impl_->Look(std::make_shared<Binding>(std::move(binding)),
              Error{ErrorCode::kGone, "the binding is not there any more", std::nullopt},
              kLookAgainMin);
}

size_t Binder::waiting() const { return impl_->queue.size() + impl_->under_way; }

}  // namespace stowage::scheduler
