// The objects that benchmarks work on.
#include "kube/api/json.h"
#include "test/bench/support/world.h"

namespace stowage::bench {
namespace {

std::string Container(const std::string& name, int variables) {
  std::string env;
  for (int i = 0; i < variables; ++i) {
    env += (i ? "," : "") + std::string(R"({"name":"SETTING_)") + std::to_string(i) +
           R"(","value":"value-of-setting-)" + std::to_string(i) + "\"}";
  }
  return R"({"name":")" + name + R"(","image":"images.example/shop/)" + name +
         R"(:2026.11.3","args":["--listen=:8080","--log-format=json","--config=/etc/app/config.yaml"],)"
         R"("ports":[{"name":"http","containerPort":8080}],"env":[)" +
         env +
         R"(],"resources":{"requests":{"cpu":"100m","memory":"128Mi"},"limits":{"memory":"256Mi"}},)"
         R"("readinessProbe":{"httpGet":{"path":"/healthz","port":8080},"periodSeconds":10},)"
         R"("livenessProbe":{"httpGet":{"path":"/livez","port":8080},"periodSeconds":20,"failureThreshold":5},)"
         R"("volumeMounts":[{"name":"settings","mountPath":"/etc/app"},{"name":"scratch","mountPath":"/tmp"}]})";
}

std::string ContainerStatus(const std::string& name, const std::string& id) {
  return R"({"name":")" + name + R"(","image":"images.example/shop/)" + name +
         R"(:2026.11.3","imageID":"images.example/shop/)" + name +
         R"(@sha256:2f1e0d9c8b7a69584736251403f2e1d0c9b8a7968574635241302f1e0d9c8b7a",)"
         R"("containerID":"containerd://)" +
         id +
         R"(","ready":true,"started":true,"restartCount":0,"state":{"running":{"startedAt":"2026-11-01T08:00:04Z"}}})";
}

}  // namespace

std::string TypicalPod(const std::string& ns, const std::string& name, const std::string& scheduler,
                       const std::string& bound_to) {
  return R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name + R"(","namespace":")" +
         ns +
         R"(","labels":{"app":"shop","app.kubernetes.io/name":"shop","app.kubernetes.io/part-of":"store",)"
         R"("app.kubernetes.io/version":"2026.11.3","pod-template-hash":"6d4cf56db6","tier":"backend"},)"
         R"("annotations":{"prometheus.io/scrape":"true","prometheus.io/port":"8080","checksum/config":)"
         R"("8f14e45fceea167a5a36dedd4bea2543c9f0f895fb98ab9159f51fd0297e236d"}},"spec":{)" +
         (bound_to.empty() ? "" : R"("nodeName":")" + bound_to + "\",") + R"("schedulerName":")" +
         scheduler + R"(","terminationGracePeriodSeconds":30,"containers":[)" +
         Container("web", 24) + "," + Container("proxy", 8) +
         R"(],"tolerations":[{"key":"virtual-kubelet.io/provider","operator":"Exists","effect":"NoSchedule"},)"
         R"({"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute"},)"
         R"({"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute"}],)"
         R"("volumes":[{"name":"settings","configMap":{"name":"settings"}},{"name":"scratch","emptyDir":{}}]}})";
}

std::string SmallPod(const std::string& ns, const std::string& name, const std::string& scheduler) {
  return R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name + R"(","namespace":")" +
         ns + R"(","labels":{"app":"bench"}},"spec":{"schedulerName":")" + scheduler +
         R"(","automountServiceAccountToken":false,"terminationGracePeriodSeconds":0,"containers":[{"name":"main",)"
         R"("image":"busybox","imagePullPolicy":"IfNotPresent","command":["sleep","1000000"],)"
         R"("resources":{"requests":{"cpu":"10m","memory":"16Mi"}}}],)"
         R"("tolerations":[{"key":"virtual-kubelet.io/provider","operator":"Exists","effect":"NoSchedule"}]}})";
}

std::string RunningStatus(const std::string& ip) {
  std::string conditions;
  for (const char* type : {"Initialized", "Ready", "ContainersReady", "PodScheduled"}) {
    conditions +=
        (conditions.empty() ? "" : ",") + std::string(R"({"type":")") + type +
        R"(","status":"True","lastProbeTime":null,"lastTransitionTime":"2026-11-01T08:00:05Z"})";
  }
  const std::string id =
      "0123456789abcdef0123456789abcdef0123456789abcdef" + std::to_string(1e7 + ip.size());
  return R"({"status":{"phase":"Running","hostIP":"10.0.0.7","podIP":")" + ip +
         R"(","podIPs":[{"ip":")" + ip +
         R"("}],"startTime":"2026-11-01T08:00:00Z","qosClass":"Burstable","conditions":[)" +
         conditions + R"(],"containerStatuses":[)" + ContainerStatus("proxy", id) + "," +
         ContainerStatus("web", id) + "]}}";
}

}  // namespace stowage::bench
