#include "scheduler/placement/quotas.h"

#include <algorithm>

namespace stowage::scheduler {
QuotaState::QuotaState(const Instance& instance) : instance_(instance) {
  const std::vector<Quota>& quotas = instance.quotas();
  if (quotas.empty()) return;
  of_class_.resize(instance.classes().size());
  for (size_t q = 0; q < quotas.size(); ++q) {
    std::vector<char>& in = in_cluster_.emplace_back();
    used_.emplace_back(quotas[q].caps.size(), 0);
    for (const ClusterView* c : instance.clusters()) {
      in.push_back(Covers(quotas[q].clusters, c->name));
      if (in.back() == 0) continue;
      for (const BoundPods& b : c->bound) {
        if (Covers(quotas[q].namespaces, b.Relations().ns)) Add(q, b.demand, b.count);
      }
    }
    for (size_t k = 0; k < of_class_.size(); ++k) {
      if (Covers(quotas[q].namespaces, instance.classes()[k]->Relations().ns)) {
        of_class_[k].push_back(q);
      }
    }
  }
}

void QuotaState::Add(size_t quota, const Amounts& demand, int64_t pods) {
  const std::vector<Quota::Cap>& caps = instance_.quotas()[quota].caps;
  for (size_t i = 0; i < caps.size(); ++i) {
    used_[quota][i] += static_cast<__int128>(AmountOf(demand, caps[i].resource)) * pods;
  }
}

int64_t QuotaState::RoomIn(size_t quota, const Amounts& demand) const {
  int64_t room = kMaxPods;
  const std::vector<Quota::Cap>& caps = instance_.quotas()[quota].caps;
  for (size_t i = 0; i < caps.size(); ++i) {
    const int64_t each = AmountOf(demand, caps[i].resource);
    if (each == 0) continue;
    const __int128 left = caps[i].most - used_[quota][i];
    room = left <= 0 ? 0 : std::min(room, static_cast<int64_t>(left) / each);
  }
  return room;
}

int64_t QuotaState::Room(size_t k, size_t j) const {
  int64_t room = kMaxPods;
  if (of_class_.empty()) return room;
  for (const size_t q : of_class_[k]) {
    if (in_cluster_[q][j] != 0) room = std::min(room, RoomIn(q, instance_.DemandOf(k, j)));
  }
  return room;
}

int64_t QuotaState::RoomFrom(size_t k, size_t from, size_t j) const {
  int64_t room = kMaxPods;
  if (of_class_.empty()) return room;
  const bool alike = instance_.DemandOf(k, from) == instance_.DemandOf(k, j);
  for (const size_t q : of_class_[k]) {
    if (in_cluster_[q][j] == 0 || (alike && in_cluster_[q][from] != 0)) continue;
    room = std::min(room, RoomIn(q, instance_.DemandOf(k, j)));
  }
  return room;
}

void QuotaState::Use(size_t k, size_t j, int64_t pods) {
  if (of_class_.empty()) return;
  for (const size_t q : of_class_[k]) {
    if (in_cluster_[q][j] != 0) Add(q, instance_.DemandOf(k, j), pods);
  }
}

void QuotaState::UseBound(const BoundPods& bound, size_t j, int64_t pods) {
  const std::vector<Quota>& quotas = instance_.quotas();
  for (size_t q = 0; q < quotas.size(); ++q) {
    if (in_cluster_[q][j] != 0 && Covers(quotas[q].namespaces, bound.Relations().ns)) {
      Add(q, bound.demand, pods);
    }
  }
}

std::vector<QuotaState::Excess> QuotaState::PassedSince(const QuotaState& before) const {
  std::vector<Excess> out;
  for (size_t q = 0; q < used_.size(); ++q) {
    const std::vector<Quota::Cap>& caps = instance_.quotas()[q].caps;
    for (size_t i = 0; i < caps.size(); ++i) {
      if (used_[q][i] <= caps[i].most || used_[q][i] <= before.used_[q][i]) continue;
      out.push_back({q, i, static_cast<int64_t>(std::min<__int128>(used_[q][i], kMaxAmount + 1))});
    }
  }
  return out;
}

void QuotaState::Grow() {
  const std::vector<Quota>& quotas = instance_.quotas();
  if (quotas.empty()) return;
  std::vector<size_t>& of = of_class_.emplace_back();
  for (size_t q = 0; q < quotas.size(); ++q) {
    if (Covers(quotas[q].namespaces, instance_.classes().back()->Relations().ns)) of.push_back(q);
  }
}

}  // namespace stowage::scheduler
