#include "test/differential/real_scheduler.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "base/time/loop_executor.h"
#include "kube/http/server/http_server.h"
#include "kube/http/server/io_context.h"
#include "test/bench/support/api_client.h"
#include "test/bench/support/flags.h"
#include "test/differential/maker.h"
#include "test/differential/old_words.h"

namespace stowage::differential {
namespace {

using bench::Die;

constexpr int kConnections = 6;
constexpr std::chrono::seconds kAnswerWithin{60};
constexpr std::chrono::milliseconds kSettle{20};

// Refuses all nodes, each by its name.
class Extender : public kube::Handler {
 public:
  explicit Extender(int port) : loop_(), thread_([this] { loop_.Run(); }) {
    auto server = kube::HttpServer::Start(loop_, io_, *this, {.port = static_cast<uint16_t>(port)});
    if (!server) Die("extender: " + server.error().message);
    server_ = std::move(*server);
  }
  ~Extender() override {
    server_.reset();
    loop_.Stop();
    thread_.join();
  }
  void Handle(kube::ServerRequest request, std::shared_ptr<kube::Responder> responder) override {
    kube::MutableJson answer;
    answer["NodeNames"] = kube::JsonArray{};
    answer["FailedNodes"] = kube::JsonObject{};
    for (const kube::JsonRef node : request.json["NodeNames"].elements()) {
      answer["FailedNodes"][node.str()] = kFits + node.string();
    }
    responder->Respond({.status = 200, .json = std::move(answer).Freeze()});
  }

 private:
  LoopExecutor loop_;
  kube::IoContext io_;
  std::thread thread_;
  std::unique_ptr<kube::HttpServer> server_;
};

// What the condition PodScheduled said first, by UID of the pod.
class Conditions {
 public:
  void Take(std::string_view text) {
    if (text.find("\"PodScheduled\"") == std::string_view::npos) return;
    const auto event = kube::Json::Parse(text);
    if (!event) return;
    const kube::Object pod(event->Share((*event)["object"]));
    for (const kube::JsonRef c : pod.status()["conditions"].elements()) {
      if (c["type"].str() != "PodScheduled") continue;
      const std::lock_guard lock(mutex_);
      messages_.emplace(pod.uid(), c["message"].string());
      changed_.notify_all();
    }
  }
  // "" if nothing came in time.
  std::string Wait(const std::string& uid) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kAnswerWithin, [&] { return messages_.contains(uid); });
    return messages_.contains(uid) ? messages_[uid] : "";
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::string> messages_;
};

kube::Object Parse(const std::string& text) {
  auto json = kube::Json::Parse(text);
  if (!json) Die("the API server's answer: " + json.error().message);
  return kube::Object(*json);
}

// The stored object (with what the server filled in), but where it was told in other words than it
// was meant, the latter.
kube::Object AsMeant(const kube::Object& stored, const kube::Json& said, const kube::Json& told) {
  kube::MutableJson out(stored.json());
  for (const char* part : {"spec", "metadata"}) {
    const kube::JsonRef meant = said[part], instead = told[part];
    for (const auto& [field, value] : instead.members()) {
      if (!meant[field].exists()) out[part].Remove(field);
    }
    for (const auto& [field, value] : meant.members()) {
      if (!(instead[field] == value)) out[part][field] = value;
    }
  }
  return kube::Object(std::move(out).Freeze());
}

}  // namespace

struct RealScheduler::Impl {
  Impl(const kube::ClusterConfig& cluster, int port) : extender(port) {
    for (int i = 0; i < kConnections; ++i) {
      connections.push_back(std::make_unique<bench::ApiConnection>(cluster));
    }
  }

  // f(connection, i) for all i in [0, n), on as many threads as there are connections.
  void Each(size_t n, const std::function<void(bench::ApiConnection&, size_t)>& f) {
    std::atomic<size_t> next{0};
    std::vector<std::thread> threads;
    for (auto& connection : connections) {
      threads.emplace_back([&, c = connection.get()] {
        for (size_t i = next++; i < n; i = next++) f(*c, i);
      });
    }
    for (std::thread& t : threads) t.join();
  }

  void MakeSurroundings() {
    bench::ApiConnection& c = *connections[0];
    for (int slot = 0; slot < kSlots; ++slot) {
      for (const char* letter : {"a", "b", "c"}) {
        const std::string ns = "d" + std::to_string(slot) + "-" + letter;
        const auto made =
            c.Call("POST", "/api/v1/namespaces", R"({"metadata":{"name":")" + ns + "\"}}");
        if (made.status != 409) continue;  // else what an earlier run has left
        const std::string of = "/api/v1/namespaces/" + ns + "/";
        c.Must("DELETE", of + "pods?gracePeriodSeconds=0");
        c.Must("DELETE", of + "persistentvolumeclaims");
      }
    }
    c.Must("DELETE", "/api/v1/nodes");
    c.Must("DELETE", "/api/v1/persistentvolumes");
    for (const auto& [name, overhead] : Overheads()) {
      kube::MutableJson json;
      json.Set({"metadata", "name"}, name);
      json["handler"] = "none";
      for (const auto& [resource, amount] : overhead) {
        json.Set({"overhead", "podFixed", resource}, amount);
      }
      c.Must("POST", "/apis/node.k8s.io/v1/runtimeclasses", json.ref().Dump(), "application/json",
             409);
    }
  }

  struct Made {
    std::vector<World> told;
    int nodes = 0;
  };
  Made MakeWorlds(std::vector<Asked>& worlds);
  void MakePods(std::vector<Asked>& worlds, const Made& made);
  void Collect(std::vector<Asked>& worlds, const Made& made);
  void Clear(const std::vector<Asked>& worlds);

  Extender extender;
  std::vector<std::unique_ptr<bench::ApiConnection>> connections;
  Conditions conditions;
  std::unique_ptr<bench::WatchReader> watch;
};

RealScheduler::Impl::Made RealScheduler::Impl::MakeWorlds(std::vector<Asked>& worlds) {
  Made made;
  struct Job {
    std::string path;
    kube::Json said, told;
    kube::Object* stored;
    bool terminating = false, finished = false;
  };
  std::vector<Job> jobs;
  for (Asked& a : worlds) {
    const World& told = made.told.emplace_back(InOldWords(a.world));
    made.nodes += static_cast<int>(told.nodes.size());
    a.nodes.resize(a.world.nodes.size());
    a.bound.resize(a.world.bound.size());
    for (size_t i = 0; i < told.nodes.size(); ++i) {
      const bool real = i < a.nodes.size();
      const kube::Json object = NodeObject(told.nodes[i]);
      jobs.push_back({"/api/v1/nodes", real ? NodeObject(a.world.nodes[i]) : object, object,
                      real ? &a.nodes[i] : nullptr});
    }
    for (size_t i = 0; i < told.bound.size(); ++i) {
      const PodDraft& pod = told.bound[i];
      jobs.push_back({"/api/v1/namespaces/" + pod.ns + "/pods",
                      PodObject(a.world.bound[i], a.world), PodObject(pod, told), &a.bound[i],
                      pod.terminating, pod.finished});
    }
    for (const VolumeDraft& v : a.world.volumes) {
      const kube::Json volume = VolumeObject(v), claim = ClaimObject(v);
      jobs.push_back({"/api/v1/persistentvolumes", volume, volume, nullptr});
      jobs.push_back(
          {"/api/v1/namespaces/" + v.ns + "/persistentvolumeclaims", claim, claim, nullptr});
    }
  }
  Each(jobs.size(), [&](bench::ApiConnection& c, size_t i) {
    const Job& job = jobs[i];
    kube::Object stored = Parse(c.Must("POST", job.path, job.told.Dump()));
    const std::string path = job.path + "/" + std::string(stored.name());
    if (job.finished) {
      stored = Parse(c.Must("PATCH", path + "/status", R"({"status":{"phase":"Succeeded"}})",
                            "application/merge-patch+json"));
    }
    if (job.terminating) {  // nobody is there to end it
      stored = Parse(c.Must("DELETE", path));
    }
    if (job.stored != nullptr) *job.stored = AsMeant(stored, job.said, job.told);
  });
  return made;
}

void RealScheduler::Impl::MakePods(std::vector<Asked>& worlds, const Made& made) {
  std::vector<std::pair<size_t, size_t>> pods;
  for (size_t w = 0; w < worlds.size(); ++w) {
    worlds[w].incoming.resize(worlds[w].world.incoming.size());
    for (size_t p = 0; p < worlds[w].incoming.size(); ++p) pods.emplace_back(w, p);
  }
  Each(pods.size(), [&](bench::ApiConnection& c, size_t i) {
    const auto [w, p] = pods[i];
    Asked& a = worlds[w];
    const kube::Json told = PodObject(made.told[w].incoming[p], made.told[w]);
    const kube::Object stored = Parse(
        c.Must("POST", "/api/v1/namespaces/" + a.world.incoming[p].ns + "/pods", told.Dump()));
    a.incoming[p] = AsMeant(stored, PodObject(a.world.incoming[p], a.world), told);
  });
}

void RealScheduler::Impl::Collect(std::vector<Asked>& worlds, const Made& made) {
  for (Asked& a : worlds) {
    a.verdicts.clear();
    for (const kube::Object& pod : a.incoming) {
      const std::string message = conditions.Wait(std::string(pod.uid()));
      if (message.empty()) Die("kube-scheduler says nothing of " + pod.key().ToString());
      a.verdicts.push_back(ReadVerdict(message, a.world, made.nodes));
    }
  }
}

// Bound pods stay: without their nodes they are nowhere.
void RealScheduler::Impl::Clear(const std::vector<Asked>& worlds) {
  std::vector<std::string> paths;
  for (const Asked& a : worlds) {
    for (const kube::Object& pod : a.incoming) {
      paths.push_back("/api/v1/namespaces/" + std::string(pod.ns()) + "/pods/" +
                      std::string(pod.name()));
    }
  }
  Each(paths.size(), [&](bench::ApiConnection& c, size_t i) {
    c.Must("DELETE", paths[i] + "?gracePeriodSeconds=0");
  });
  connections[0]->Must("DELETE", "/api/v1/nodes?labelSelector=differential%2Frole%3Dnode");
}

RealScheduler::RealScheduler(const kube::ClusterConfig& cluster, int extender_port)
    : impl_(std::make_unique<Impl>(cluster, extender_port)) {
  impl_->MakeSurroundings();
  impl_->watch = std::make_unique<bench::WatchReader>(
      cluster, "/api/v1/pods?watch=1&labelSelector=differential%2Frole%3Dincoming",
      [this](double, std::string_view text) { impl_->conditions.Take(text); });
}

RealScheduler::~RealScheduler() { impl_->watch.reset(); }

void RealScheduler::Ask(std::vector<Asked>& worlds) {
  const Impl::Made made = impl_->MakeWorlds(worlds);
  std::this_thread::sleep_for(kSettle);  // the scheduler's caches follow by watches
  impl_->MakePods(worlds, made);
  impl_->Collect(worlds, made);
  impl_->Clear(worlds);
}

}  // namespace stowage::differential
