// Tables: the columns that kubectl get prints, as Kubernetes' own printers make them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time/types.h"
#include "kube/api/json.h"
#include "sim/apiserver/resources.h"

namespace stowage::sim {

struct TableOptions {
  std::string meta_version = "v1";   // of meta.k8s.io
  std::string include = "Metadata";  // or "None", "Object"; "" is Metadata
  bool columns = true;               // false in all but the first event of a watch
  WallTime now;                      // for ages
};

// One cell; the type decides how JSON carries it.
struct TableColumn {
  std::string name, type, format, description;
  int64_t priority = 0;  // > 0: only with -o wide
};

// The rows of one kind. `cells` appends one value for each column.
struct TablePrinter {
  std::vector<TableColumn> columns;
  void (*cells)(kube::JsonRef object, WallTime now, kube::JsonNode row) = nullptr;
  bool name_first = true;  // false: the kind's own columns say where its name is
};

// Of a built-in kind; nullptr: name and age.
const TablePrinter* FindPrinter(std::string_view storage);

kube::Json MakeTable(const ResourceInfo& resource, const std::vector<kube::JsonRef>& objects,
                     std::string_view resource_version, std::string_view continue_token,
                     const TableOptions& options);

// A bookmark for a watch with Tables: no cells, the object in the row.
kube::Json BookmarkTable(kube::JsonRef bookmark, const TableOptions& options);

// "5m12s" since the time in `timestamp`; "<unknown>" if it is none.
std::string AgeText(kube::JsonRef timestamp, WallTime now);

}  // namespace stowage::sim
