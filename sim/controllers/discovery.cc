#include "sim/controllers/discovery.h"

#include <algorithm>
#include <map>

namespace stowage::sim {
namespace {

bool HasVerbs(kube::JsonRef verbs, std::initializer_list<std::string_view> wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](std::string_view verb) {
    for (kube::JsonRef v : verbs.elements()) {
      if (v.str() == verb) return true;
    }
    return false;
  });
}

}  // namespace

Discovery::Discovery(Context& context)
    : context_(context), crds_(context.MakeInformer(kube::kCustomResourceDefinitions)) {
  crds_->AddHandler([this](const NamespacedName&, const kube::Object*, const kube::Object*) {
    for (const auto& f : on_change_) f();
  });
}

void Discovery::Start() { crds_->Start(); }

void Discovery::GroupVersions(std::function<void(Result<std::vector<std::string>>)> done) {
  context_.client.GetRaw("/apis", [done](Result<kube::Json> groups) {
    if (!groups) return done(Err(groups.error()));
    std::vector<std::string> versions = {"v1"};
    for (kube::JsonRef group : (*groups)["groups"].elements()) {
      versions.push_back(group["preferredVersion"]["groupVersion"].string());
    }
    done(std::move(versions));
  });
}

void Discovery::Resources(std::function<void(Result<std::vector<ServedResource>>)> done) {
  GroupVersions([this, done](Result<std::vector<std::string>> versions) {
    if (!versions) return done(Err(versions.error()));
    auto found = std::make_shared<std::map<std::string, std::vector<ServedResource>>>();
    Gather gather([found, done](Result<void> r) {
      if (!r) return done(Err(r.error()));
      std::vector<ServedResource> all;
      for (auto& [version, resources] : *found) {
        for (auto& resource : resources) all.push_back(std::move(resource));
      }
      done(std::move(all));
    });
    for (const std::string& version : *versions) {
      const std::string path = (version == "v1" ? "/api/" : "/apis/") + version;
      context_.client.GetRaw(path, [found, version, one = gather.Add()](Result<kube::Json> list) {
        if (!list) return one(Err(list.error()));
        const size_t slash = version.find('/');
        const std::string group = slash == std::string::npos ? "" : version.substr(0, slash);
        const std::string bare = slash == std::string::npos ? version : version.substr(slash + 1);
        for (kube::JsonRef r : (*list)["resources"].elements()) {
          if (!HasVerbs(r["verbs"], {"list", "watch", "delete"})) continue;
          // Events are served twice and never own or are owned.
          if (r["name"].str() == "events" && group != "") continue;
          (*found)[version].push_back(
              {{group, bare, r["name"].string(), r["namespaced"].boolean()}, r["kind"].string()});
        }
        one({});
      });
    }
    gather.Close();
  });
}

}  // namespace stowage::sim
