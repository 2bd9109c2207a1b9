// The writing half of KubernetesProvider: create, update, delete.
#include <utility>

#include "base/log/log.h"
#include "base/time/rfc3339.h"
#include "kube/api/well_known.h"
#include "providers/kubernetes/kubernetes_provider.h"
#include "providers/kubernetes/names.h"
#include "providers/kubernetes/status.h"

namespace stowage::providers {

using kube::Object;

struct KubernetesProvider::CreateCall {
  PodRef ref;
  TranslatedPod pod;
  std::vector<std::string> notes;
  Callback<Result<void>> done;
};

namespace {

PodRef RefOf(const Object& pod) {
  return {std::string(pod.ns()), std::string(pod.name()), std::string(pod.uid())};
}

// What an error of a write says to a caller who asked for a pod, not for that write.
Error OfPod(Error error, const std::string& where) {
  switch (error.code) {
    case ErrorCode::kNotFound:  // the namespace went, or the host lacks what a token needs
    case ErrorCode::kConflict:  // of the request with others, not with an older pod of ours
    case ErrorCode::kGone:
      error.code = ErrorCode::kUnavailable;
      break;
    case ErrorCode::kUnauthorized:
      error.code = ErrorCode::kForbidden;
      break;
    default:
      break;
  }
  return WithContext(std::move(error), where);
}

}  // namespace

// ---- Create -------------------------------------------------------------------------------------

void KubernetesProvider::CreatePod(const Object& pod, Callback<Result<void>> done) {
  const PodRef ref = RefOf(pod);
  auto translated = TranslatePod(pod, options_.translate);
  if (!translated) {
    return Answer(std::move(done), Err(WithContext(translated.error(), Where(ref))));
  }
  if (pods_.Find(ref)) return Answer(std::move(done), {});
  auto call = std::make_shared<CreateCall>();
  call->ref = ref;
  call->pod = std::move(*translated);
  call->done = std::move(done);
  dependents_.Prepare(call->pod, ref, Guard<std::string>([this, call](Result<std::string> anchor) {
                        if (!anchor)
                          return call->done(Err(OfPod(anchor.error(), Where(call->ref))));
                        SendCreate(call, *anchor);
                      }));
}

void KubernetesProvider::SendCreate(std::shared_ptr<CreateCall> call, const std::string& anchor) {
  const std::string ns = call->pod.ns;
  if (call->pod.withheld_declared_token) call->notes = call->pod.notes;
  const kube::Json body = WithAnchor(std::move(call->pod), options_.translate.host_uid, anchor);
  call->pod.ns = ns;
  client_.Create(kube::kPods, ns, body, Guard<Object>([this, call](Result<Object> made) {
                   OnCreateAnswer(call, std::move(made));
                 }));
}

void KubernetesProvider::OnCreateAnswer(std::shared_ptr<CreateCall> call, Result<Object> made) {
  if (made) {
    ExplainNotes(*call);
    return call->done({});
  }
  const ErrorCode code = made.error().code;
  if (code == ErrorCode::kAlreadyExists) return JudgeTaken(std::move(call));
  if (code == ErrorCode::kNotFound) dependents_.namespaces().Forget(call->pod.ns);
  call->done(Err(OfPod(made.error(), Where(call->ref))));
}

// The name is taken: by this pod's own copy, by an older pod's, or by something that is not ours.
void KubernetesProvider::JudgeTaken(std::shared_ptr<CreateCall> call) {
  client_.Get(
      kube::kPods, call->pod.ns, call->ref.name, Guard<Object>([this, call](Result<Object> found) {
        const std::string where = Where(call->ref);
        if (!found) return call->done(Err(OfPod(found.error(), where)));
        if (!IsOurs(found->metadata(), options_.translate.host_uid)) {
          return call->done(MakeError(
              ErrorCode::kAlreadyExists,
              where + ": a pod of that name is there that is not ours; it stays untouched. Rename "
                      "one of them, or map the namespace to another"));
        }
        const PodRef there = OriginOf(*found);
        if (there.ns != call->ref.ns) {
          return call->done(MakeError(ErrorCode::kAlreadyExists,
                                      where + ": that name is the copy of pod " + there.ns + "/" +
                                          there.name +
                                          "; the namespace mapping must be one to one"));
        }
        if (there.uid == call->ref.uid) return call->done({});
        call->done(MakeError(ErrorCode::kConflict,
                             where + ": the copy of an older pod of that name is still there"));
      }));
}

// Where the pod's author asked for a token, its absence is told as an event on the host's pod.
void KubernetesProvider::ExplainNotes(const CreateCall& call) {
  for (const std::string& note : call.notes) {
    if (!listener_) return;
    kube::MutableJson event;
    const std::string now = FormatTime(deps_.executor.WallNow());
    event["apiVersion"] = "v1";
    event["kind"] = "Event";
    event["type"] = "Warning";
    event["reason"] = "HostTokenWithheld";
    event["message"] = note;
    event.Set({"source", "component"}, kube::kManager);
    event["firstTimestamp"] = now;
    event["lastTimestamp"] = now;
    event["count"] = 1;
    listener_->OnPodEvent(call.ref, Object(std::move(event).Freeze()));
  }
}

// ---- Update -------------------------------------------------------------------------------------

void KubernetesProvider::UpdatePod(const Object& pod, Callback<Result<void>> done) {
  const PodRef ref = RefOf(pod);
  ReadCopy(ref, [this, pod, ref, done = std::move(done)](Result<Object> remote) {
    if (!remote) return done(Err(remote.error()));
    auto update = PlanUpdate(pod, *remote, options_.translate);
    if (!update) return done(Err(WithContext(update.error(), Where(ref))));
    SendUpdate(*remote, std::move(*update), done);
  });
}

// Ephemeral containers first: the hash that says "equal now" travels with the other patch.
void KubernetesProvider::SendUpdate(const Object& remote, PodUpdate update,
                                    Callback<Result<void>> done) {
  const std::string ns(remote.ns()), name(remote.name());
  const std::string where = Where(OriginOf(remote));
  const std::string sub = update.ephemeral.exists() ? "ephemeralcontainers" : "";
  const kube::Json patch = update.ephemeral.exists() ? update.ephemeral : update.patch;
  if (!patch.exists()) return done({});
  PodUpdate rest;
  if (update.ephemeral.exists()) rest.patch = update.patch;
  client_.Patch(kube::kPods, ns, name, kube::PatchType::kStrategicMerge, patch,
                Guard<Object>([this, remote, rest, sub, where, done](Result<Object> patched) {
                  if (patched) return SendUpdate(remote, rest, done);
                  // Of a sub-resource, "not found" may speak of the sub-resource itself.
                  if (!sub.empty() && patched.error().code == ErrorCode::kNotFound) {
                    return done(MakeError(ErrorCode::kUnsupported,
                                          where + ": the member takes no ephemeral containers: " +
                                              patched.error().message));
                  }
                  done(Err(WithContext(patched.error(), where)));
                }),
                sub);
}

// ---- Delete -------------------------------------------------------------------------------------

void KubernetesProvider::DeletePod(const PodRef& ref, Grace grace, Callback<Result<void>> done) {
  if (const PodCopy* copy = pods_.Find(ref)) {
    return SendDelete(ref, grace, copy->uid, true, std::move(done));
  }
  ReadCopy(ref, [this, ref, grace, done = std::move(done)](Result<Object> remote) {
    if (!remote) return done(Err(remote.error()));
    SendDelete(ref, grace, std::string(remote->uid()), false, done);
  });
}

void KubernetesProvider::SendDelete(const PodRef& ref, Grace grace, const std::string& remote_uid,
                                    bool from_cache, Callback<Result<void>> done) {
  auto ns = RemoteNamespace(options_.translate, ref.ns);
  kube::DeleteOptions options;
  options.grace_seconds = grace.seconds;
  options.uid = remote_uid;
  client_.Delete(kube::kPods, ns.value_or(""), ref.name, options,
                 Guard<Object>([this, ref, grace, from_cache, done](Result<Object> gone) {
                   if (gone) return done({});
                   // Another object has the name now. The cache may have been behind: ask the
                   // member, once.
                   if (gone.error().code == ErrorCode::kConflict && from_cache) {
                     return ReadCopy(ref, [this, ref, grace, done](Result<Object> remote) {
                       if (!remote) return done(Err(remote.error()));
                       SendDelete(ref, grace, std::string(remote->uid()), false, done);
                     });
                   }
                   done(Err(WithContext(gone.error(), Where(ref))));
                 }));
}

}  // namespace stowage::providers
