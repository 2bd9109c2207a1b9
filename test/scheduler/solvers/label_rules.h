// What labels mean, written down a second time: for the enumeration, which shares no code with what
// it judges.
#pragma once

#include <string>

#include "scheduler/model/labels.h"
#include "scheduler/model/relations.h"

namespace stowage::scheduler {

bool SelectorMatches(const LabelSelector& selector, const Labels& labels);
// The values of the key are the same in both; keys that the owner lacks ask for nothing.
bool SameValue(const std::string& key, const Labels& owner, const Labels& other);

}  // namespace stowage::scheduler
