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

// Millionths as a fraction: 0.021.
std::string Share(int64_t ppm) {
  std::string digits = std::to_string(ppm % 1'000'000 + 1'000'000).substr(1);
  digits.erase(digits.find_last_not_of('0') + 1);
  return std::to_string(ppm / 1'000'000) + (digits.empty() ? "" : "." + digits);
}

std::string FlipJson(const scheduler::Flip& f) {
  return "{\"moves\": " + kube::QuoteJson(f.to_cluster) +
         ", \"cluster\": " + kube::QuoteJson(f.cluster) + ", \"term\": " + kube::QuoteJson(f.term) +
         ", \"from\": " + Dollars(f.before) + ", \"to\": " + Dollars(f.after) +
         ", \"change\": " + Share(f.ppm) + "}";
}

std::string AdviceJson(const scheduler::Advice& advice) {
  std::string out = "{\"changes\": [";
  for (size_t i = 0; i < advice.changes.size(); ++i) {
    const scheduler::Relaxation& r = advice.changes[i];
    out += (i > 0 ? ", " : "") + std::string("{\"field\": ") + kube::QuoteJson(r.field);
    if (!r.from.empty()) out += ", \"from\": " + kube::QuoteJson(r.from);
    if (!r.to.empty()) out += ", \"to\": " + kube::QuoteJson(r.to);
    if (!r.node.empty()) out += ", \"node\": " + kube::QuoteJson(r.node);
    out += "}";
  }
  return out + "], \"size\": " + Share(advice.ppm()) +
         ", \"cluster\": " + kube::QuoteJson(advice.cluster) +
         ", \"costPerHour\": " + Dollars(advice.total) +
         (advice.nodes.nano > 0 ? ", \"nodesPerHour\": " + Dollars(advice.nodes) : "") +
         (advice.pods > 1 ? ", \"pods\": " + std::to_string(advice.pods) +
                                ", \"missing\": " + std::to_string(advice.missing)
                          : "") +
         "}";
}

void AddList(std::string& out, const std::string& line, const std::string& name,
             const std::vector<scheduler::Advice>& list) {
  for (size_t i = 0; i < list.size(); ++i) {
    out += "," + (i == 0 ? line + "\"" + name + "\": [" : "") + line + "  " + AdviceJson(list[i]);
  }
  if (!list.empty()) out += "]";
}

}  // namespace

std::string ExplanationJson(const ClassExplanation& e, const Advised& advised,
                            const std::string& indent) {
  const std::string line = "\n" + indent + "  ";
  std::string out = "{" + line + "\"class\": " + kube::QuoteJson(e.key) + "," + line +
                    "\"count\": " + std::to_string(e.count) +
                    ", \"placed\": " + std::to_string(e.placed) + "," + line + "\"clusters\": [";
  for (size_t i = 0; i < e.clusters.size(); ++i) {
    out += (i > 0 ? "," : "") + line + "  " + VerdictJson(e.clusters[i]);
  }
  out += "]";
  const ClusterVerdict* dearest = scheduler::DearestPlaced(e);
  const ClusterVerdict* next = dearest != nullptr ? e.RunnerUp(dearest->cluster) : nullptr;
  if (next != nullptr) {
    out += "," + line + "\"runnerUp\": {\"of\": " + kube::QuoteJson(dearest->cluster) +
           ", \"cluster\": " + kube::QuoteJson(next->cluster) +
           ", \"difference\": " + Dollars(next->total - dearest->total) + "}";
  }
  if (advised.flip) out += "," + line + "\"smallestChange\": " + FlipJson(*advised.flip);
  if (advised.preemption) {
    out += "," + line + "\"preemption\": " + PreemptionJson(*advised.preemption);
  }
  AddList(out, line, "wouldFitWith", advised.relaxations);
  AddList(out, line, "allWouldFitWith", advised.for_all);
  return out + "}";
}

}  // namespace stowage::app
