#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "providers/kubernetes/names.h"
#include "providers/kubernetes/translate_parts.h"

namespace stowage::providers {
namespace {

using kube::JsonNode;
using kube::JsonRef;
using kube::MutableJson;

constexpr const char* kContainerLists[] = {"initContainers", "containers"};

class AccountTranslation {
 public:
  AccountTranslation(JsonNode spec, std::string_view uid, const TranslateOptions& options,
                     TranslatedPod& out)
      : spec_(spec), options_(options), out_(out), secret_(TokenSecretName(uid)) {}

  void Run() {
    out_.service_account = spec_.ref()["serviceAccountName"].string("default");
    if (out_.service_account.empty()) out_.service_account = "default";
    host_ = options_.accounts == Accounts::kHost;
    TranslateVolumes();
    DropMounts();
    if (!host_) return;
    spec_.Remove("serviceAccountName");
    spec_.Remove("serviceAccount");
    spec_["automountServiceAccountToken"] = false;
    for (const char* list : kContainerLists) {
      for (size_t i = 0; i < spec_.ref()[list].size(); ++i) TranslateContainer(list, i);
    }
    if (withheld_) {
      out_.notes.push_back(
          "The host's service account token was withheld: the Cluster is not marked trusted.");
    }
  }

 private:
  // Is `volume` what admission mounts for the account, and not something the author wrote?
  bool IsInjected(std::string_view volume) const {
    for (const char* list : kContainerLists) {
      for (JsonRef container : spec_.ref()[list].elements()) {
        for (JsonRef mount : container["volumeMounts"].elements()) {
          if (mount["name"].str() == volume && mount["mountPath"].str() == kTokenMount) return true;
        }
      }
    }
    return false;
  }

  // Before Kubernetes 1.21: a Secret volume of the Secret's own name, "<account>-token-x7k2p".
  bool IsLegacyToken(JsonRef volume) const {
    const std::string_view name = volume["name"].str();
    constexpr size_t kSuffix = 5;
    return name.size() > kSuffix && volume["secret"]["secretName"].str() == name &&
           name.substr(0, name.size() - kSuffix).ends_with("-token-") && IsInjected(name);
  }

  void TranslateVolumes() {
    if (spec_.ref()["volumes"].empty()) return;
    MutableJson kept;
    kept["all"] = kube::JsonArray{};
    for (JsonRef volume : spec_.ref()["volumes"].elements()) {
      MutableJson copy(volume);
      if (TranslateVolume(volume, copy)) kept["all"].Append(copy.ref());
    }
    if (kept.ref()["all"].empty()) {
      spec_.Remove("volumes");
    } else {
      spec_["volumes"] = kept.ref()["all"];
    }
  }

  // False: the volume goes, and its mounts with it.
  bool TranslateVolume(JsonRef volume, MutableJson& copy) {
    const std::string_view name = volume["name"].str();
    if (IsLegacyToken(volume)) {
      if (host_ && options_.trusted) return ReplaceLegacyToken(copy), true;
      withheld_ = withheld_ || host_;
      return dropped_.insert(std::string(name)).second, false;
    }
    if (volume["projected"].is_object()) {
      if (host_) return TranslateProjected(volume, copy), true;
      const bool injected = name.starts_with("kube-api-access-") && IsInjected(name);
      if (injected) dropped_.insert(std::string(name));
      return !injected;
    }
    if (host_ && volume["configMap"]["name"].str() == kHostRootCa) {
      copy["configMap"]["name"] = kMemberRootCa;
    }
    return true;
  }

  void TranslateProjected(JsonRef volume, MutableJson& copy) {
    MutableJson kept;
    kept["all"] = kube::JsonArray{};
    bool changed = false;
    for (JsonRef source : volume["projected"]["sources"].elements()) {
      if (source["serviceAccountToken"].is_object()) {
        changed = true;
        if (!options_.trusted) {
          withheld_ = true;
          if (!IsInjected(volume["name"].str())) out_.withheld_declared_token = true;
          continue;
        }
        AppendTokenSource(kept["all"], source["serviceAccountToken"]);
        continue;
      }
      MutableJson item(source);
      if (source["configMap"]["name"].str() == kHostRootCa) {
        changed = true;
        item["configMap"]["name"] = kMemberRootCa;
      }
      kept["all"].Append(item.ref());
    }
    if (!changed) return;
    if (kept.ref()["all"].empty()) {
      // A projection of nothing: an empty folder keeps the mounts valid.
      copy.Remove({"projected"});
      copy["emptyDir"] = kube::JsonObject{};
      return;
    }
    copy["projected"]["sources"] = kept.ref()["all"];
  }

  void AppendTokenSource(JsonNode sources, JsonRef token) {
    MutableJson source;
    source.Set({"secret", "name"}, secret_);
    MutableJson item;
    item["key"] = TokenKey(token["audience"].string(), token["expirationSeconds"].i64());
    item["path"] = token["path"];
    source["secret"]["items"].Append(item.ref());
    sources.Append(source.ref());
  }

  std::string TokenKey(const std::string& audience, int64_t seconds) {
    for (const TokenSpec& token : out_.tokens) {
      if (token.audience == audience && token.seconds == seconds) return token.key;
    }
    const std::string key = "token-" + std::to_string(out_.tokens.size());
    out_.tokens.push_back({key, audience, seconds});
    return key;
  }

  // The three files that clients inside a pod look for, as newer hosts project them.
  void ReplaceLegacyToken(MutableJson& copy) {
    copy.Remove({"secret"});
    MutableJson token;
    token["path"] = "token";
    AppendTokenSource(copy["projected"]["sources"], token.ref());
    MutableJson ca;
    ca.Set({"configMap", "name"}, kMemberRootCa);
    MutableJson ca_item;
    ca_item["key"] = "ca.crt";
    ca_item["path"] = "ca.crt";
    ca["configMap"]["items"].Append(ca_item.ref());
    copy["projected"]["sources"].Append(ca.ref());
    MutableJson ns;
    ns["path"] = "namespace";
    ns.Set({"fieldRef", "fieldPath"}, "metadata.namespace");
    MutableJson downward;
    downward["downwardAPI"]["items"].Append(ns.ref());
    copy["projected"]["sources"].Append(downward.ref());
    copy["projected"]["defaultMode"] = 420;
  }

  void DropMounts() {
    if (dropped_.empty()) return;
    for (const char* list : kContainerLists) {
      for (size_t i = 0; i < spec_.ref()[list].size(); ++i) {
        const JsonNode container = spec_[list].At(i);
        for (size_t m = container.ref()["volumeMounts"].size(); m-- > 0;) {
          const std::string volume = container.ref()["volumeMounts"].At(m)["name"].string();
          if (dropped_.contains(volume)) container["volumeMounts"].RemoveAt(m);
        }
        if (container.Has("volumeMounts") && container.ref()["volumeMounts"].empty()) {
          container.Remove("volumeMounts");
        }
      }
    }
  }

  void TranslateContainer(const char* list, size_t index) {
    const JsonNode container = spec_[list].At(index);
    for (size_t i = 0; i < container.ref()["env"].size(); ++i) {
      if (container.ref()["env"].At(i).Find({"valueFrom", "configMapKeyRef", "name"}).str() ==
          kHostRootCa) {
        container["env"].At(i)["valueFrom"]["configMapKeyRef"]["name"] = kMemberRootCa;
      }
    }
    for (size_t i = 0; i < container.ref()["envFrom"].size(); ++i) {
      if (container.ref()["envFrom"].At(i)["configMapRef"]["name"].str() == kHostRootCa) {
        container["envFrom"].At(i)["configMapRef"]["name"] = kMemberRootCa;
      }
    }
    if (options_.trusted && !options_.host_address.empty()) PointAtHost(container);
  }

  void PointAtHost(JsonNode container) {
    const auto [host, port] = SplitAddress(options_.host_address);
    for (JsonRef env : container.ref()["env"].elements()) {
      if (env["name"].str() == "KUBERNETES_SERVICE_HOST") return;  // the author's choice wins
    }
    // First, so that later variables may refer to them.
    InsertEnv(container, "KUBERNETES_SERVICE_PORT", port);
    InsertEnv(container, "KUBERNETES_SERVICE_HOST", host);
  }

  static void InsertEnv(JsonNode container, const char* name, const std::string& value) {
    if (!container.ref()["env"].is_array()) container["env"] = kube::JsonArray{};
    MutableJson env;
    env["name"] = name;
    env["value"] = value;
    container["env"].Insert(0, env.ref());
  }

  static std::pair<std::string, std::string> SplitAddress(const std::string& address) {
    const size_t bracket = address.rfind(']');
    const size_t colon = address.rfind(':');
    const bool one_colon = colon != address.npos && address.find(':') == colon;
    if (bracket != address.npos) {
      const bool port = colon != address.npos && colon > bracket;
      return {address.substr(1, bracket - 1), port ? address.substr(colon + 1) : "443"};
    }
    if (!one_colon) return {address, "443"};
    return {address.substr(0, colon), address.substr(colon + 1)};
  }

  JsonNode spec_;
  const TranslateOptions& options_;
  TranslatedPod& out_;
  std::string secret_;
  bool host_ = true;
  bool withheld_ = false;
  std::set<std::string> dropped_;  // volumes
};

}  // namespace

void TranslateAccount(JsonNode spec, std::string_view pod_uid, const TranslateOptions& options,
                      TranslatedPod& out) {
  AccountTranslation(spec, pod_uid, options, out).Run();
}

}  // namespace stowage::providers
