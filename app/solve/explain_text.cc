#include "app/solve/explain_text.h"

#include "app/solve/report.h"
#include "kube/api/json.h"

namespace stowage::app {
namespace {

using scheduler::ClassExplanation;
using scheduler::ClusterVerdict;
using scheduler::Money;

std::string Dollars(Money m) { return CostUnit{.nano = true}.Format(m.nano); }

std::string VerdictJson(const ClusterVerdict& v) {
  std::string out =
      "{\"cluster\": " + kube::QuoteJson(v.cluster) + ", \"placed\": " + std::to_string(v.placed);
  if (v.refusal) {
    out += ", \"refusedBy\": " + kube::QuoteJson(v.refusal->filter) +
           ", \"reason\": " + kube::QuoteJson(v.refusal->reason);
    if (!v.refusal->detail.empty()) out += ", \"detail\": " + kube::QuoteJson(v.refusal->detail);
  }
  if (!v.terms.empty()) {
    out += ", \"terms\": {";
    for (size_t i = 0; i < v.terms.size(); ++i) {
      out += (i > 0 ? ", " : "") + kube::QuoteJson(v.terms[i].first) + ": " +
             Dollars(v.terms[i].second);
    }
    out += "}, \"costPerHour\": " + Dollars(v.total);
  }
  if (v.preference != 0) out += ", \"preference\": " + std::to_string(v.preference);
  if (!v.pool.empty()) out += ", \"pool\": " + kube::QuoteJson(v.pool);
  return out + "}";
}

// Of the clusters that have pods of the class: the dearest, for it is the first to lose one.
const ClusterVerdict* Dearest(const ClassExplanation& e) {
  const ClusterVerdict* out = nullptr;
  for (const ClusterVerdict& v : e.clusters) {
    if (v.placed > 0 && (out == nullptr || v.total > out->total)) out = &v;
  }
  return out;
}

// Bound pods are named by their place in the cluster's list, from 1.
std::string PreemptionJson(const scheduler::Preemption& p) {
  std::string out = "{\"cluster\": " + kube::QuoteJson(p.cluster) +
                    ", \"pods\": " + std::to_string(p.pods) +
                    ", \"budgetsViolated\": " + std::to_string(p.violations) + ", \"victims\": [";
  for (size_t i = 0; i < p.victims.size(); ++i) {
    out += (i > 0 ? ", " : "") + std::string("{\"bound\": ") +
           std::to_string(p.victims[i].bound + 1) +
           ", \"count\": " + std::to_string(p.victims[i].count) + "}";
  }
  return out + "]}";
}

}  // namespace

std::string ExplanationJson(const ClassExplanation& e,
                            const std::optional<scheduler::Preemption>& preemption,
                            const std::string& indent) {
  const std::string line = "\n" + indent + "  ";
  std::string out = "{" + line + "\"class\": " + kube::QuoteJson(e.key) + "," + line +
                    "\"count\": " + std::to_string(e.count) +
                    ", \"placed\": " + std::to_string(e.placed) + "," + line + "\"clusters\": [";
  for (size_t i = 0; i < e.clusters.size(); ++i) {
    out += (i > 0 ? "," : "") + line + "  " + VerdictJson(e.clusters[i]);
  }
  out += "]";
  const ClusterVerdict* dearest = Dearest(e);
  const ClusterVerdict* next = dearest != nullptr ? e.RunnerUp(dearest->cluster) : nullptr;
  if (next != nullptr) {
    out += "," + line + "\"runnerUp\": {\"of\": " + kube::QuoteJson(dearest->cluster) +
           ", \"cluster\": " + kube::QuoteJson(next->cluster) +
           ", \"difference\": " + Dollars(next->total - dearest->total) + "}";
  }
  if (preemption) out += "," + line + "\"preemption\": " + PreemptionJson(*preemption);
  return out + "}";
}

}  // namespace stowage::app
