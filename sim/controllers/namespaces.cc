#include "sim/controllers/namespaces.h"

namespace stowage::sim {
namespace {

constexpr const char* kRootCa = "kube-root-ca.crt";

}  // namespace

NamespaceController::NamespaceController(Context& context, Discovery& discovery, std::string ca_pem)
    : context_(context),
      discovery_(discovery),
      ca_pem_(std::move(ca_pem)),
      accounts_(context.MakeInformer(kube::kServiceAccounts)),
      controller_(
          context.executor, context.rng.Stream("namespace"), {.name = "namespace"},
          [this](const NamespacedName& key, Done done) { Reconcile(key, std::move(done)); }) {
  context_.namespaces->AddHandler([this](const NamespacedName& key, const kube::Object*,
                                         const kube::Object*) { controller_.Enqueue(key); });
  accounts_->AddHandler(
      [this](const NamespacedName& key, const kube::Object*, const kube::Object* after) {
        if (!after && key.name == "default") controller_.Enqueue({"", key.ns});
      });
}

void NamespaceController::Start() {
  accounts_->Start();
  controller_.Start();
}

void NamespaceController::Reconcile(const NamespacedName& key, Done done) {
  if (!context_.synced() || !accounts_->has_synced())
    return done(kube::Outcome::Again(Milliseconds(50)));
  const kube::Object* found = context_.namespaces->Get(key);
  if (!found) return done(kube::Outcome::Ok());
  const kube::Object ns = *found;
  if (ns.deleting()) return Empty(ns, std::move(done));
  EnsureDefaults(key.name, std::move(done));
}

void NamespaceController::EnsureDefaults(const std::string& ns, Done done) {
  Gather gather(
      [done](Result<void> r) { done(r ? kube::Outcome::Ok() : kube::Outcome::Fail(r.error())); });
  const auto settle = [](std::function<void(Result<void>)> one) {
    return [one](Result<kube::Object> r) {
      const bool fine = r || r.error().code == ErrorCode::kAlreadyExists ||
                        r.error().code == ErrorCode::kForbidden ||
                        r.error().code == ErrorCode::kNotFound;
      one(fine ? Result<void>{} : Err(r.error()));
    };
  };
  if (!accounts_->Get({ns, "default"})) {
    kube::MutableJson account;
    account["apiVersion"] = "v1";
    account["kind"] = "ServiceAccount";
    account.Set({"metadata", "name"}, "default");
    context_.client.Create(kube::kServiceAccounts, ns, std::move(account).Freeze(),
                           settle(gather.Add()));
  }
  kube::MutableJson root_ca;
  root_ca["apiVersion"] = "v1";
  root_ca["kind"] = "ConfigMap";
  root_ca.Set({"metadata", "name"}, kRootCa);
  root_ca.Set({"data", "ca.crt"}, ca_pem_);
  context_.client.Create(kube::kConfigMaps, ns, std::move(root_ca).Freeze(), settle(gather.Add()));
  gather.Close();
}

void NamespaceController::Empty(const kube::Object& ns, Done done) {
  discovery_.Resources([this, ns, done](Result<std::vector<ServedResource>> served) {
    if (!served) return done(kube::Outcome::Fail(served.error()));
    Gather gather([this, ns, done](Result<void> r) {
      if (!r) return done(kube::Outcome::Fail(r.error()));
      CountLeft(ns, done);
    });
    for (const ServedResource& s : *served) {
      if (!s.resource.namespaced) continue;
      kube::Request request{.method = "DELETE", .target = s.resource.Path(ns.name())};
      context_.client.transport().Send(
          std::move(request), [one = gather.Add()](Result<kube::Response> r) {
            if (!r) return one(Err(r.error()));
            if (r->status >= 400 && r->status != 404 && r->status != 405) {
              return one(Err(kube::ErrorFromResponse(*r)));
            }
            one({});
          });
    }
    gather.Close();
  });
}

void NamespaceController::CountLeft(const kube::Object& ns, Done done) {
  discovery_.Resources([this, ns, done](Result<std::vector<ServedResource>> served) {
    if (!served) return done(kube::Outcome::Fail(served.error()));
    auto left = std::make_shared<size_t>(0);
    Gather gather([this, ns, done, left](Result<void> r) {
      if (!r) return done(kube::Outcome::Fail(r.error()));
      // Pods take their time to stop: look again, ever more rarely.
      if (*left > 0) return done(kube::Outcome::Again(Milliseconds(300)));
      Finalize(ns, done);
    });
    for (const ServedResource& s : *served) {
      if (!s.resource.namespaced) continue;
      context_.client.List(s.resource, ns.name(), {.limit = 1},
                           [left, one = gather.Add()](Result<kube::ObjectList> list) {
                             if (!list && list.error().code == ErrorCode::kNotFound) return one({});
                             if (!list) return one(Err(list.error()));
                             *left += list->items.size();
                             one({});
                           });
    }
    gather.Close();
  });
}

void NamespaceController::Finalize(const kube::Object& ns, Done done) {
  kube::MutableJson next(ns.json());
  next["spec"]["finalizers"].Set(kube::JsonArray{});
  context_.client.Update(
      kube::kNamespaces, "", ns.name(), std::move(next).Freeze(),
      [done](Result<kube::Object> r) {
        if (r || r.error().code == ErrorCode::kNotFound) return done(kube::Outcome::Ok());
        done(kube::Outcome::Fail(r.error()));
      },
      "finalize");
}

}  // namespace stowage::sim
