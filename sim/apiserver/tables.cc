#include "sim/apiserver/tables.h"

#include "base/time/rfc3339.h"
#include "sim/apiserver/filter.h"
#include "sim/apiserver/json_path.h"

namespace stowage::sim {
namespace {

constexpr char kNameHelp[] =
    "Name must be unique within a namespace. Is required when creating resources, although some "
    "resources may allow a client to request the generation of an appropriate name automatically.";
constexpr char kAgeHelp[] =
    "CreationTimestamp is a timestamp representing the server time when this object was created.";

void AppendColumn(kube::JsonNode columns, const TableColumn& c) {
  kube::MutableJson j;
  j["name"] = c.name;
  j["type"] = c.type;
  j["format"] = c.format;
  j["description"] = c.description;
  j["priority"] = c.priority;
  columns.Append(j.ref());
}

std::vector<TableColumn> ColumnsOf(const ResourceInfo& r, const TablePrinter* printer) {
  std::vector<TableColumn> out;
  if (!printer || printer->name_first) out.push_back({"Name", "string", "name", kNameHelp, 0});
  if (r.custom) {
    for (const PrinterColumn& c : r.columns) {
      out.push_back({c.name, c.type, c.format, c.description, c.priority});
    }
  } else if (printer) {
    out.insert(out.end(), printer->columns.begin(), printer->columns.end());
  } else {
    out.push_back({"Age", "string", "", kAgeHelp, 0});
  }
  return out;
}

// A cell of a custom column: the values that the path finds, converted to the column's type.
void AppendCustomCell(kube::JsonNode row, const PrinterColumn& c, kube::JsonRef object,
                      WallTime now) {
  const std::vector<kube::JsonRef> found = FindJsonPath(object, c.json_path);
  if (found.empty() || found[0].is_null()) {
    row.Append(nullptr);
    return;
  }
  const kube::JsonRef v = found[0];
  if (c.type == "date") {
    row.Append(v.is_string() ? AgeText(v, now) : std::string("<unknown>"));
  } else if (c.type == "integer" && v.is_number()) {
    row.Append(v.i64());
  } else if ((c.type == "number" && v.is_number()) || (c.type == "boolean" && v.is_bool())) {
    row.Append(v);
  } else {
    std::string text;
    for (kube::JsonRef f : found) {
      text += (text.empty() ? "" : ",") + (f.is_string() ? f.string() : f.Dump());
    }
    row.Append(text);
  }
}

void AppendCells(const ResourceInfo& r, const TablePrinter* printer, kube::JsonRef object,
                 WallTime now, kube::JsonNode row) {
  if (!printer || printer->name_first) row.Append(object["metadata"]["name"].str());
  if (r.custom) {
    for (const PrinterColumn& c : r.columns) AppendCustomCell(row, c, object, now);
  } else if (printer) {
    printer->cells(object, now, row);
  } else {
    row.Append(AgeText(object["metadata"]["creationTimestamp"], now));
  }
}

}  // namespace

std::string AgeText(kube::JsonRef timestamp, WallTime now) {
  auto t = ParseTime(timestamp.str());
  if (!t) return "<unknown>";
  return now < *t ? "0s" : HumanDuration(now - *t);
}

kube::Json MakeTable(const ResourceInfo& r, const std::vector<kube::JsonRef>& objects,
                     std::string_view resource_version, std::string_view continue_token,
                     const TableOptions& options) {
  const TablePrinter* printer = r.custom ? nullptr : FindPrinter(r.storage);
  kube::MutableJson table;
  table["kind"] = "Table";
  table["apiVersion"] = "meta.k8s.io/" + options.meta_version;
  table["metadata"] = kube::JsonObject{};
  if (!resource_version.empty()) table.Set({"metadata", "resourceVersion"}, resource_version);
  if (!continue_token.empty()) table.Set({"metadata", "continue"}, continue_token);
  if (options.columns) {
    table["columnDefinitions"] = kube::JsonArray{};
    for (const TableColumn& c : ColumnsOf(r, printer)) AppendColumn(table["columnDefinitions"], c);
  } else {
    table["columnDefinitions"] = nullptr;
  }
  table["rows"] = kube::JsonArray{};
  kube::JsonNode rows = table["rows"];
  for (kube::JsonRef object : objects) {
    kube::JsonNode row = rows.Append(kube::JsonObject{});
    row["cells"] = kube::JsonArray{};
    AppendCells(r, printer, object, options.now, row["cells"]);
    if (options.include == "Object") {
      row["object"] = object;
    } else if (options.include != "None") {
      row["object"]["kind"] = "PartialObjectMetadata";
      row["object"]["apiVersion"] = "meta.k8s.io/" + options.meta_version;
      row["object"]["metadata"] = object["metadata"];
    }
  }
  return std::move(table).Freeze();
}

kube::Json BookmarkTable(kube::JsonRef bookmark, const TableOptions& options) {
  kube::MutableJson table;
  table["kind"] = "Table";
  table["apiVersion"] = "meta.k8s.io/" + options.meta_version;
  table["metadata"] = kube::JsonObject{};
  table.Set({"metadata", "resourceVersion"}, bookmark["metadata"]["resourceVersion"]);
  table["columnDefinitions"] = nullptr;
  table["rows"] = kube::JsonArray{};
  kube::JsonNode row = table["rows"].Append(kube::JsonObject{});
  row["cells"] = kube::JsonArray{};
  row["object"] = bookmark;
  return std::move(table).Freeze();
}

}  // namespace stowage::sim
