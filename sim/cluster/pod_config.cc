#include "sim/cluster/pod_config.h"

#include <algorithm>
#include <utility>

#include "kube/api/quantity.h"
#include "kube/api/views.h"

namespace stowage::sim {
namespace {

std::string DecodeBase64(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    int v = -1;
    if (c >= 'A' && c <= 'Z') v = c - 'A';
    if (c >= 'a' && c <= 'z') v = c - 'a' + 26;
    if (c >= '0' && c <= '9') v = c - '0' + 52;
    if (c == '+') v = 62;
    if (c == '/') v = 63;
    if (v < 0) continue;
    bits = bits << 6 | static_cast<uint32_t>(v);
    if ((count += 6) < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xff);
  }
  return out;
}

std::string Quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

// "metadata.labels['a']" and its kin; "" for what is unset.
std::string FieldValue(const PodFacts& pod, std::string_view path) {
  const kube::JsonRef meta = pod.meta;
  if (path == "metadata.name") return meta["name"].string();
  if (path == "metadata.namespace") return meta["namespace"].string();
  if (path == "metadata.uid") return meta["uid"].string();
  if (path == "spec.nodeName") return pod.spec["nodeName"].string();
  if (path == "spec.serviceAccountName") return pod.spec["serviceAccountName"].string("default");
  if (path == "status.hostIP" || path == "status.hostIPs") return pod.host_ip;
  if (path == "status.podIP" || path == "status.podIPs") return pod.identity->ip;
  for (const char* map : {"labels", "annotations"}) {
    const std::string prefix = "metadata." + std::string(map);
    if (path == prefix) {
      std::string out;
      for (const kube::JsonRef::Member m : meta[map].members()) {
        out += std::string(m.key) + "=" + kube::QuoteJson(m.value.str()) + "\n";
      }
      return out;
    }
    if (path.starts_with(prefix + "['") && path.ends_with("']")) {
      return meta[map][path.substr(prefix.size() + 2, path.size() - prefix.size() - 4)].string();
    }
  }
  return "";
}

std::string ResourceValue(const PodFacts& pod, kube::JsonRef container, kube::JsonRef ref) {
  if (const std::string_view other = ref["containerName"].str(); !other.empty()) {
    for (const kube::JsonRef c : pod.spec["containers"].elements()) {
      if (c["name"].str() == other) container = c;
    }
  }
  const std::string_view resource = ref["resource"].str();  // "limits.cpu"
  const size_t dot = resource.find('.');
  const std::string_view name = resource.substr(dot + 1);
  const Result<kube::Quantity> amount =
      kube::Quantity::Parse(container["resources"][resource.substr(0, dot)][name].str("0"));
  const Result<kube::Quantity> divisor = kube::Quantity::Parse(ref["divisor"].str("1"));
  if (!amount) return "0";
  const bool cpu = name == "cpu";
  int64_t by = divisor ? (cpu ? divisor->Milli() : divisor->Whole()) : 0;
  if (by <= 0) by = cpu ? 1000 : 1;
  const int64_t n = cpu ? amount->Milli() : amount->Whole();
  return std::to_string(n / by + (n % by != 0 ? 1 : 0));
}

struct EnvironmentBuilder {
  const PodFacts& pod;
  kube::JsonRef container;
  const ConfigLookup& lookup;
  Environment out;

  const ConfigData* Find(bool secret, std::string_view name) const {
    const std::string_view ns = pod.identity->ns;
    return secret ? lookup.secret(ns, name) : lookup.config_map(ns, name);
  }

  Result<void> From(kube::JsonRef source) {
    for (const bool secret : {false, true}) {
      const kube::JsonRef ref = source[secret ? "secretRef" : "configMapRef"];
      if (!ref.exists()) continue;
      const ConfigData* data = Find(secret, ref["name"].str());
      if (!data && ref["optional"].boolean()) continue;
      if (!data) {
        return MakeError(ErrorCode::kNotFound, std::string(secret ? "secret " : "configmap ") +
                                                   Quoted(ref["name"].str()) + " not found");
      }
      for (const auto& [key, value] : *data) out[source["prefix"].string() + key] = value;
    }
    return {};
  }

  Result<void> Key(const std::string& variable, kube::JsonRef ref, bool secret) {
    const std::string_view name = ref["name"].str();
    const ConfigData* data = Find(secret, name);
    const bool optional = ref["optional"].boolean();
    if (!data) {
      if (optional) return {};
      return MakeError(ErrorCode::kNotFound, std::string(secret ? "secret " : "configmap ") +
                                                 Quoted(name) + " not found");
    }
    auto it = data->find(ref["key"].str());
    if (it == data->end()) {
      if (optional) return {};
      return MakeError(ErrorCode::kNotFound, "couldn't find key " + ref["key"].string() + " in " +
                                                 (secret ? "Secret " : "ConfigMap ") +
                                                 pod.identity->ns + "/" + std::string(name));
    }
    out[variable] = it->second;
    return {};
  }

  Result<void> One(kube::JsonRef e) {
    const std::string name = e["name"].string();
    const kube::JsonRef from = e["valueFrom"];
    if (!from.exists() || from.is_null()) {
      out[name] = ExpandReferences(e["value"].str(), out);
      return {};
    }
    if (from["fieldRef"].exists()) out[name] = FieldValue(pod, from["fieldRef"]["fieldPath"].str());
    if (from["resourceFieldRef"].exists())
      out[name] = ResourceValue(pod, container, from["resourceFieldRef"]);
    if (from["configMapKeyRef"].exists()) return Key(name, from["configMapKeyRef"], false);
    if (from["secretKeyRef"].exists()) return Key(name, from["secretKeyRef"], true);
    return {};
  }
};

// The files of a ConfigMap or Secret volume (or source): all keys, or those of `items`.
FileMap SelectItems(const ConfigData* data, kube::JsonRef items) {
  FileMap files;
  if (!data) return files;
  if (items.empty()) {
    files.insert(data->begin(), data->end());
    return files;
  }
  for (const kube::JsonRef item : items.elements()) {
    auto it = data->find(item["key"].str());
    if (it != data->end()) files[item["path"].string()] = it->second;
  }
  return files;
}

FileMap DownwardFiles(const PodFacts& pod, kube::JsonRef items) {
  FileMap files;
  for (const kube::JsonRef item : items.elements()) {
    files[item["path"].string()] = item["fieldRef"].exists()
                                       ? FieldValue(pod, item["fieldRef"]["fieldPath"].str())
                                       : ResourceValue(pod, {}, item["resourceFieldRef"]);
  }
  return files;
}

FileMap VolumeFiles(const PodFacts& pod, kube::JsonRef volume, const ConfigLookup& lookup) {
  const std::string& ns = pod.identity->ns;
  if (const kube::JsonRef v = volume["configMap"]; v.exists()) {
    return SelectItems(lookup.config_map(ns, v["name"].str()), v["items"]);
  }
  if (const kube::JsonRef v = volume["secret"]; v.exists()) {
    return SelectItems(lookup.secret(ns, v["secretName"].str()), v["items"]);
  }
  if (const kube::JsonRef v = volume["downwardAPI"]; v.exists())
    return DownwardFiles(pod, v["items"]);
  FileMap files;
  for (const kube::JsonRef source : volume["projected"]["sources"].elements()) {
    if (const kube::JsonRef s = source["configMap"]; s.exists()) {
      files.merge(SelectItems(lookup.config_map(ns, s["name"].str()), s["items"]));
    }
    if (const kube::JsonRef s = source["secret"]; s.exists()) {
      files.merge(SelectItems(lookup.secret(ns, s["name"].str()), s["items"]));
    }
    if (const kube::JsonRef s = source["downwardAPI"]; s.exists())
      files.merge(DownwardFiles(pod, s["items"]));
    if (const kube::JsonRef s = source["serviceAccountToken"]; s.exists()) {
      files[s["path"].string("token")] = pod.token;
    }
  }
  return files;
}

bool HasContent(kube::JsonRef volume) {
  return volume["configMap"].exists() || volume["secret"].exists() ||
         volume["downwardAPI"].exists() || volume["projected"].exists();
}

}  // namespace

ConfigData ReadConfigMap(const kube::Object& object) {
  ConfigData data;
  for (const kube::JsonRef::Member m : object["data"].members()) data.emplace(m.key, m.value.str());
  for (const kube::JsonRef::Member m : object["binaryData"].members()) {
    data.emplace(m.key, DecodeBase64(m.value.str()));
  }
  return data;
}

ConfigData ReadSecret(const kube::Object& object) {
  ConfigData data;
  for (const kube::JsonRef::Member m : object["data"].members()) {
    data.emplace(m.key, DecodeBase64(m.value.str()));
  }
  return data;
}

std::string ExpandReferences(std::string_view text, const Environment& environment) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '$') {
      out += '$';
      ++i;
      continue;
    }
    const size_t end =
        text.substr(i).starts_with("$(") ? text.find(')', i) : std::string_view::npos;
    auto it = end == std::string_view::npos ? environment.end()
                                            : environment.find(text.substr(i + 2, end - i - 2));
    if (it == environment.end()) {
      out += text[i];
    } else {
      out += it->second;
      i = end;
    }
  }
  return out;
}

Result<std::shared_ptr<const Environment>> ResolveEnvironment(const PodFacts& pod,
                                                              kube::JsonRef container,
                                                              const ConfigLookup& lookup) {
  EnvironmentBuilder builder{pod, container, lookup, {}};
  builder.out["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  builder.out["HOSTNAME"] = pod.identity->pod;
  builder.out["HOME"] = "/root";
  builder.out["KUBERNETES_SERVICE_HOST"] = "10.96.0.1";
  builder.out["KUBERNETES_SERVICE_PORT"] = "443";
  for (const kube::JsonRef source : container["envFrom"].elements())
    RETURN_IF_ERROR(builder.From(source));
  for (const kube::JsonRef e : container["env"].elements()) RETURN_IF_ERROR(builder.One(e));
  return std::make_shared<const Environment>(std::move(builder.out));
}

Result<void> CheckVolumes(const PodFacts& pod, const ConfigLookup& lookup) {
  const std::string& ns = pod.identity->ns;
  auto check = [&](std::string_view volume, kube::JsonRef ref, const char* name_field,
                   bool secret) -> Result<void> {
    if (!ref.exists() || ref["optional"].boolean()) return {};
    const std::string_view name = ref[name_field].str();
    const ConfigData* data = secret ? lookup.secret(ns, name) : lookup.config_map(ns, name);
    const std::string prefix = "MountVolume.SetUp failed for volume " + Quoted(volume) + " : ";
    if (!data) {
      return MakeError(ErrorCode::kNotFound,
                       prefix + (secret ? "secret " : "configmap ") + Quoted(name) + " not found");
    }
    for (const kube::JsonRef item : ref["items"].elements()) {
      if (data->contains(item["key"].str())) continue;
      return MakeError(ErrorCode::kNotFound, prefix + "references non-existent " +
                                                 (secret ? "secret" : "config") +
                                                 " key: " + item["key"].string());
    }
    return {};
  };
  for (const kube::JsonRef volume : pod.spec["volumes"].elements()) {
    const std::string_view name = volume["name"].str();
    RETURN_IF_ERROR(check(name, volume["configMap"], "name", false));
    RETURN_IF_ERROR(check(name, volume["secret"], "secretName", true));
    for (const kube::JsonRef source : volume["projected"]["sources"].elements()) {
      RETURN_IF_ERROR(check(name, source["configMap"], "name", false));
      RETURN_IF_ERROR(check(name, source["secret"], "name", true));
    }
  }
  return {};
}

std::vector<Mount> ResolveMounts(const PodFacts& pod, kube::JsonRef container,
                                 const ConfigLookup& lookup) {
  std::vector<Mount> mounts;
  for (const kube::JsonRef m : container["volumeMounts"].elements()) {
    kube::JsonRef volume;
    for (const kube::JsonRef v : pod.spec["volumes"].elements()) {
      if (v["name"].str() == m["name"].str()) volume = v;
    }
    Mount mount{.path = FileSystem::Resolve("/", m["mountPath"].str()),
                .read_only = m["readOnly"].boolean()};
    const std::string sub_path = m["subPath"].string();
    if (HasContent(volume)) {
      mount.read_only = true;
      mount.content = [pod, keep = kube::Json::Copy(volume), lookup, sub_path] {
        FileMap files = VolumeFiles(pod, keep, lookup);
        if (sub_path.empty()) return files;
        FileMap below;
        for (auto& [path, text] : files) {
          if (path == sub_path) below[""] = std::move(text);
          if (path.starts_with(sub_path + "/"))
            below[path.substr(sub_path.size() + 1)] = std::move(text);
        }
        return below;
      };
    } else {
      std::shared_ptr<FileMap>& shared = (*pod.empty_dirs)[m["name"].string() + "/" + sub_path];
      if (!shared) shared = std::make_shared<FileMap>();
      mount.files = shared;
    }
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

bool NeedsToken(kube::JsonRef spec) {
  for (const kube::JsonRef volume : spec["volumes"].elements()) {
    for (const kube::JsonRef source : volume["projected"]["sources"].elements()) {
      if (source["serviceAccountToken"].exists()) return true;
    }
  }
  return false;
}

std::vector<std::string> ClaimNames(kube::JsonRef spec) {
  std::vector<std::string> names;
  for (const kube::JsonRef volume : spec["volumes"].elements()) {
    const kube::JsonRef claim = volume["persistentVolumeClaim"]["claimName"];
    if (claim.exists()) names.push_back(claim.string());
  }
  return names;
}

}  // namespace stowage::sim
