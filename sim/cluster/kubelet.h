// MemberKubelet: the kubelets of all nodes of a member, over one informer of its pods, ConfigMaps
// and Secrets each; and what the API server reaches them by (logs and streams).
#pragma once

#include <map>
#include <memory>
#include <string>

#include "kube/cache/informer.h"
#include "sim/apiserver/kubelet_connector.h"
#include "sim/cluster/pod_worker.h"

namespace stowage::sim {

using PodInformer = kube::Informer<MemberPod>;

class MemberKubelet : public KubeletConnector {
 public:
  // Everything must outlive it. `pods` is shared with the scheduler: handlers are added here, the
  // owner starts it.
  MemberKubelet(Executor& executor, kube::Client& client, Rng rng, const MemberOptions& options,
                PodInformer& pods);
  ~MemberKubelet() override;

  // A node of this member: its pods are run from now on.
  void AddNode(std::string name, std::string host_ip, std::string pod_cidr, uint32_t first_ip,
               uint32_t ip_count);
  void Start();  // the informers of ConfigMaps and Secrets

  // Faults. A hung kubelet does and says nothing; its containers run on. After a power loss all
  // that ran is lost, and started anew when the node is there again.
  void SetHung(const std::string& node, bool hung);
  void PowerCycle(const std::string& node);
  // Ends one container at once (reason "OOMKilled" or "Error"). kNotFound, kInvalid: not running.
  Result<void> KillContainer(const kube::NamespacedName& pod, const std::string& container,
                             int exit_code, const std::string& reason);

  void Connect(const kube::Object& pod, const std::string& verb, kube::ServerRequest request,
               std::shared_ptr<kube::Responder> responder) override;

  const KubeletLog& log() const { return log_; }
  size_t pods_running() const { return workers_.size(); }
  PodWorker* Find(const kube::NamespacedName& pod);

 private:
  void OnPod(const kube::NamespacedName& key, const MemberPod* after);
  void ConfigChanged(const std::string& ns);
  void ServeLog(PodWorker& worker, const std::string& target,
                std::shared_ptr<kube::Responder> responder);
  Result<std::string> Fetch(std::string_view url);

  Executor& executor_;
  const MemberOptions& options_;
  PodInformer& pods_;
  kube::Informer<ConfigData> config_maps_;
  kube::Informer<ConfigData> secrets_;
  KubeletLog log_;
  Rng rng_;
  kube::Client& client_;
  std::map<std::string, std::unique_ptr<KubeletNode>> nodes_;
  KubeletContext context_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::map<kube::NamespacedName, std::shared_ptr<PodWorker>> workers_;  // last: they use the rest
};

// Reads the query of a log request. kInvalid: which parameter is wrong.
Result<LogOptions> ParseLogOptions(std::string_view target, WallTime now);

// Answers a log request with `log` on `responder`, following it if asked.
void RespondLog(std::shared_ptr<ContainerLog> log, const LogOptions& options,
                std::shared_ptr<kube::Responder> responder);

}  // namespace stowage::sim
