#include "test/scenarios/cluster.h"

#include <glog/logging.h>

#include <utility>

#include "kube/api/well_known.h"

namespace stowage::scenarios {

using kube::Object;

Cluster::Cluster(sim::SimExecutor& executor, Rng rng, std::string name)
    : executor_(executor),
      rng_(std::move(rng)),
      name_(std::move(name)),
      server_(executor, rng_.Stream("apiserver"), {.name = name_, .ca_certificate_pem = "CA"}),
      transport_(executor, server_),
      client_(transport_),
      controllers_(executor, transport_, rng_.Stream("controllers"), {.ca_certificate_pem = "CA"}) {
  controllers_.Start();
}

Cluster::~Cluster() { server_.SetKubeletConnector(nullptr); }

void Cluster::AddMember(sim::MemberOptions options) {
  member_ = std::make_unique<sim::Member>(executor_, transport_, rng_.Stream("member"),
                                          std::move(options));
  server_.SetKubeletConnector(&member_->kubelet());
  member_->Start();
}

void Cluster::Create(const kube::Resource& resource, const std::string& ns,
                     const std::string& json) {
  const auto object = kube::Json::Parse(json);
  CHECK(object) << object.error().ToString() << ": " << json;
  bool done = false;
  client_.Create(resource, ns, *object, [&](Result<Object> made) {
    CHECK(made) << made.error().ToString() << ": " << json;
    done = true;
  });
  CHECK(executor_.RunUntil([&] { return done; }, Seconds(1)));
}

void Cluster::CreateYaml(const kube::Resource& resource, const std::string& yaml) {
  bool done = false;
  kube::Request request{.method = "POST", .target = resource.Path(), .body = yaml};
  request.headers.Set("Content-Type", "application/yaml");
  transport_.Send(std::move(request), [&](Result<kube::Response> made) {
    CHECK(made && made->status == 201) << (made ? made->json.Dump() : made.error().ToString());
    done = true;
  });
  CHECK(executor_.RunUntil([&] { return done; }, Seconds(1)));
}

std::vector<Object> Cluster::List(const kube::Resource& resource) {
  std::vector<Object> items;
  bool done = false;
  client_.ListAll(resource, "", {}, [&](Result<std::vector<Object>> all) {
    CHECK(all) << all.error().ToString();
    items = std::move(*all);
    done = true;
  });
  CHECK(executor_.RunUntil([&] { return done; }, Seconds(1)));
  return items;
}

sim::ClusterSnapshot Cluster::Snapshot() {
  return {name_, List(kube::kPods), List(kube::kConfigMaps), List(kube::kSecrets),
          List(kube::kNodes)};
}

}  // namespace stowage::scenarios
