#include "sim/apiserver/discovery.h"

#include <algorithm>

#include "sim/apiserver/discovery_docs.h"
#include "sim/apiserver/openapi.h"

namespace stowage::sim {
namespace {

constexpr char kVersionDocument[] =
    R"({"major":"1","minor":"33","gitVersion":"v1.33.0-stowage","gitCommit":"stowage",)"
    R"("gitTreeState":"clean","buildDate":"2026-01-01T00:00:00Z","goVersion":"none","compiler":"g++",)"
    R"("platform":"linux/amd64"})";
// Go cannot read the "@v1.0" that clients ask for; like kube-apiserver, we answer with a dot.
constexpr char kProtobufV2[] = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

bool HealthPath(const std::string& path) {
  for (std::string_view root : {"/healthz", "/livez", "/readyz"}) {
    if (path == root || path.starts_with(std::string(root) + "/")) return true;
  }
  return false;
}

std::string HealthText(const Call& call) {
  const std::string& path = call.info.target.path;
  if (!call.info.target.Has("verbose")) return "ok";
  return "[+]ping ok\n[+]log ok\n[+]etcd ok\n" + path.substr(1) + " check passed\n";
}

// The version of apidiscovery.k8s.io that the client asks for first; "" for the old form.
std::string AggregatedVersion(std::string_view accept) {
  if (accept.find("as=APIGroupDiscoveryList") == std::string_view::npos) return "";
  const size_t v2 = accept.find("v=v2;"), beta = accept.find("v=v2beta1");
  if (v2 != std::string_view::npos && (beta == std::string_view::npos || v2 < beta)) return "v2";
  if (beta != std::string_view::npos) return "v2beta1";
  return accept.find("v=v2") != std::string_view::npos ? "v2" : "";
}

std::string AggregatedType(const std::string& version) {
  return "application/json;g=apidiscovery.k8s.io;v=" + version + ";as=APIGroupDiscoveryList";
}

std::string RootPaths(const Resources& resources) {
  std::vector<std::string> paths = {"/api",        "/api/v1",     "/apis",   "/healthz", "/livez",
                                    "/openapi/v2", "/openapi/v3", "/readyz", "/version"};
  for (const auto& r : resources.all()) {
    if (r->group.empty()) continue;
    paths.push_back("/apis/" + r->group);
    paths.push_back("/apis/" + r->GroupVersion());
  }
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  kube::MutableJson j;
  j["paths"] = kube::JsonArray{};
  for (const std::string& p : paths) j["paths"].Append(p);
  return j.ref().Dump();
}

}  // namespace

void Discovery::Serve(Call& call) {
  std::string path = call.info.target.path;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  if (call.request.method != "GET" && call.request.method != "HEAD") {
    return ReplyError(core_, call, NoSuchResource().value());
  }
  if (generation_ != core_.resources.generation()) {
    documents_.clear();
    generation_ = core_.resources.generation();
  }
  if (path == "/version") return ReplyText(core_, call, 200, "application/json", kVersionDocument);
  if (HealthPath(path))
    return ReplyText(core_, call, 200, "text/plain; charset=utf-8", HealthText(call));
  if (path == "/")
    return ReplyText(core_, call, 200, "application/json", RootPaths(core_.resources));
  if (path == "/api" || path == "/apis") return ServeApi(call);
  if (path.starts_with("/api/") || path.starts_with("/apis/")) return ServeApis(call);
  if (path == "/openapi/v2") return ServeOpenApiV2(call);
  if (path == "/openapi/v3" || path.starts_with("/openapi/v3/")) return ServeOpenApiV3(call);
  ReplyError(core_, call, NoSuchResource().value());
}

void Discovery::ServeApi(Call& call) {
  const bool core_group = call.info.target.segments[0] == "api";
  const std::string version = AggregatedVersion(call.request.headers.Get("Accept"));
  std::string& document = documents_[call.info.target.segments[0] + " " + version];
  if (!version.empty()) {
    if (document.empty())
      document = AggregatedDocument(core_.resources, core_group, version).Dump();
    return ReplyText(core_, call, 200, AggregatedType(version), document);
  }
  if (document.empty()) {
    document = core_group
                   ? R"({"kind":"APIVersions","versions":["v1"],"serverAddressByClientCIDRs":[]})"
                   : GroupListDocument(core_.resources).Dump();
  }
  ReplyText(core_, call, 200, "application/json", document);
}

void Discovery::ServeApis(Call& call) {
  const auto& s = call.info.target.segments;
  const std::string group = s[0] == "api" ? "" : s[1];
  kube::Json document;
  if (s[0] == "apis" && s.size() == 2) {
    document = GroupDocument(core_.resources, group);
  } else if (s.size() == (s[0] == "api" ? 2u : 3u)) {
    document = ResourceListDocument(core_.resources, group, s.back());
  }
  if (!document.exists()) return ReplyError(core_, call, NoSuchResource().value());
  ReplyJson(core_, call, 200, document);
}

void Discovery::ServeOpenApiV2(Call& call) {
  const bool protobuf =
      call.request.headers.Get("Accept").find("protobuf") != std::string_view::npos;
  std::string& document = documents_[protobuf ? "v2 protobuf" : "v2"];
  if (document.empty()) {
    const kube::Json v2 = OpenApiV2(core_.schemas, core_.resources.Served());
    document = protobuf ? OpenApiV2Protobuf(v2) : v2.Dump();
  }
  ReplyText(core_, call, 200, protobuf ? kProtobufV2 : "application/json", document);
}

void Discovery::ServeOpenApiV3(Call& call) {
  const auto& s = call.info.target.segments;
  std::string group_version;
  for (size_t i = 2; i < s.size(); ++i) group_version += (i > 2 ? "/" : "") + s[i];
  std::string& document = documents_["v3 " + group_version];
  if (document.empty()) {
    const auto served = core_.resources.Served();
    const kube::Json v3 = group_version.empty() ? OpenApiV3Index(core_.schemas, served)
                                                : OpenApiV3(core_.schemas, served, group_version);
    if (!v3.exists()) return ReplyError(core_, call, NoSuchResource().value());
    document = v3.Dump();
  }
  ReplyText(core_, call, 200, "application/json", document);
}

}  // namespace stowage::sim
