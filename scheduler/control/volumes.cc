#include "scheduler/control/volumes.h"

#include <utility>

#include "kube/api/well_known.h"
#include "scheduler/control/constraints.h"

namespace stowage::scheduler {
namespace {

constexpr Duration kWait = Seconds(5);

}  // namespace

std::optional<Volumes::Claim> Volumes::ProjectClaim(const kube::Object& claim) {
  return Claim{claim.spec()["volumeName"].string(), claim.spec()["storageClassName"].string(),
               std::string(claim.annotation(kube::kAnnotationVolumeNode)),
               std::string(claim.resource_version())};
}

std::optional<Volumes::Terms> Volumes::ProjectVolume(const kube::Object& volume) {
  const auto terms = ParseTerms(volume.spec()["nodeAffinity"]["required"]["nodeSelectorTerms"]);
  return terms ? *terms : Terms();
}

std::optional<Volumes::Terms> Volumes::ProjectStorageClass(const kube::Object& storage_class) {
  Terms out;
  for (const kube::JsonRef term : storage_class["allowedTopologies"].elements()) {
    NodeSelectorTerm& any = out.emplace_back();
    for (const kube::JsonRef e : term["matchLabelExpressions"].elements()) {
      LabelRequirement in{.key = e["key"].string(), .op = LabelRequirement::Op::kIn};
      for (const kube::JsonRef v : e["values"].elements()) in.values.push_back(v.string());
      any.labels.push_back(std::move(in));
    }
  }
  return out;
}

template <class T>
std::unique_ptr<kube::Informer<T>> Volumes::Watch(
    kube::Client& client, Rng rng, const kube::Resource& what,
    std::optional<T> (*project)(const kube::Object&)) {
  auto informer = std::make_unique<kube::Informer<T>>(
      executor_, client, std::move(rng), kube::ReflectorOptions{.resource = what}, project);
  informer->AddHandler([this](const kube::NamespacedName&, const T* before, const T* after) {
    if (Known() && !(before != nullptr && after != nullptr && *before == *after)) changed_();
  });
  informer->OnSynced([this] {
    if (Known()) changed_();
  });
  return informer;
}

Volumes::Volumes(Executor& executor, kube::Client& client, const Rng& rng, NodeExists node_exists,
                 std::function<void()> changed)
    : executor_(executor), node_exists_(std::move(node_exists)), changed_(std::move(changed)) {
  claims_ = Watch(client, rng.Stream("claims"), kube::kPersistentVolumeClaims, &ProjectClaim);
  volumes_ = Watch(client, rng.Stream("volumes"), kube::kPersistentVolumes, &ProjectVolume);
  classes_ = Watch(client, rng.Stream("classes"), kube::kStorageClasses, &ProjectStorageClass);
}

Volumes::~Volumes() { Stop(); }

void Volumes::Stop() {
  executor_.Cancel(give_up_);
  if (!since_) return;
  claims_->Stop();
  volumes_->Stop();
  classes_->Stop();
}

bool Volumes::Known() {
  if (!since_) {
    since_ = executor_.Now();
    claims_->Start();
    volumes_->Start();
    classes_->Start();
    give_up_ = executor_.RunAfter(kWait, [this] { changed_(); });
  }
  if (claims_->has_synced() && volumes_->has_synced() && classes_->has_synced()) return true;
  return executor_.Now() - *since_ >= kWait;
}

std::vector<Volumes::Terms> Volumes::TermsOf(const std::string& ns,
                                             const std::vector<std::string>& claims) const {
  std::vector<Terms> out;
  for (const std::string& name : claims) {
    const Claim* claim = claims_->Get({ns, name});
    if (claim == nullptr) continue;
    const Terms* terms = !claim->volume.empty() ? volumes_->Get({"", claim->volume})
                                                : classes_->Get({"", claim->storage_class});
    if (terms != nullptr && !terms->empty()) out.push_back(*terms);
    if (claim->volume.empty() && !claim->node.empty() && node_exists_(claim->node)) {
      NodeSelectorTerm there;
      there.fields.push_back({"metadata.name", LabelRequirement::Op::kIn, {claim->node}});
      out.push_back({std::move(there)});
    }
  }
  return out;
}

std::vector<ClaimToMark> Volumes::ToMark(const std::string& ns,
                                         const std::vector<std::string>& claims) const {
  std::vector<ClaimToMark> out;
  for (const std::string& name : claims) {
    const Claim* claim = claims_->Get({ns, name});
    if (claim == nullptr || !claim->volume.empty()) continue;
    if (claim->node.empty() || !node_exists_(claim->node)) {
      out.push_back({name, claim->resource_version});
    }
  }
  return out;
}

}  // namespace stowage::scheduler
