#include "sim/apiserver/wire.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time/rfc3339.h"
#include "kube/api/base64.h"
#include "kube/api/utf8.h"

namespace stowage::sim {
namespace {

constexpr int kMaxDepth = 40;

struct WireField {
  std::string name, type;
  char shape = 0;  // '*' list, '%' map, '^' inline
};
using Message = std::map<uint64_t, WireField>;
using Schema = std::map<std::string, Message, std::less<>>;

// Cuts the next word off; `at_line_start` says whether it names a message.
std::string_view NextWord(std::string_view& text) {
  const size_t end = std::min(text.find_first_of(" \n"), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

Schema ReadTables() {
  Schema schema;
  for (size_t i = 0; i < kWireTableCount; ++i) {
    std::string_view text = kWireTables[i];
    Message* message = nullptr;
    bool line_start = true;
    while (!text.empty()) {
      if (text[0] == ' ' || text[0] == '\n') {
        line_start = text[0] == '\n' && (text.size() < 2 || text[1] != ' ');
        text.remove_prefix(1);
        continue;
      }
      const std::string_view word = NextWord(text);
      if (line_start) {
        message = &schema[std::string(word)];
        line_start = false;
        continue;
      }
      const size_t a = word.find(':'), b = word.find(':', a + 1);
      uint64_t number = 0;
      std::from_chars(word.data() + a + 1, word.data() + b, number);
      WireField f{std::string(word.substr(0, a)), std::string(word.substr(b + 1)), 0};
      if (!f.type.empty() && std::string_view("*%^").find(f.type[0]) != std::string_view::npos) {
        f.shape = f.type[0];
        f.type.erase(0, 1);
      }
      (*message)[number] = std::move(f);
    }
  }
  return schema;
}

const Schema& Tables() {
  static const Schema kSchema = ReadTables();
  return kSchema;
}

// The zero of these means something, since not having them is something else.
bool ZeroCounts(std::string_view name) {
  static constexpr std::string_view kNames[] = {"replicas",
                                                "backoffLimit",
                                                "parallelism",
                                                "completions",
                                                "ttlSecondsAfterFinished",
                                                "value",
                                                "terminationGracePeriodSeconds",
                                                "gracePeriodSeconds",
                                                "automountServiceAccountToken",
                                                "optional",
                                                "orphanDependents",
                                                "allowPrivilegeEscalation",
                                                "runAsNonRoot",
                                                "runAsUser",
                                                "runAsGroup",
                                                "fsGroup",
                                                "readOnlyRootFilesystem",
                                                "enableServiceLinks",
                                                "suspend",
                                                "controller",
                                                "partition",
                                                "blockOwnerDeletion",
                                                "tolerationSeconds",
                                                "revisionHistoryLimit",
                                                "successfulJobsHistoryLimit",
                                                "failedJobsHistoryLimit",
                                                "defaultMode",
                                                "privileged",
                                                "hostUsers",
                                                "backoffLimitPerIndex",
                                                "maxFailedIndexes"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

struct Token {
  uint64_t number = 0;
  int kind = 0;  // 0 varint, 1 eight bytes, 2 bytes
  uint64_t value = 0;
  std::string_view bytes;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}
  bool done() const { return left_.empty(); }

  std::optional<Token> Next() {
    auto key = Varint();
    if (!key) return std::nullopt;
    Token t{*key >> 3, static_cast<int>(*key & 7), 0, {}};
    if (t.kind == 0) {
      auto v = Varint();
      if (!v) return std::nullopt;
      t.value = *v;
    } else if (t.kind == 1 && left_.size() >= 8) {
      std::memcpy(&t.value, left_.data(), 8);
      left_.remove_prefix(8);
    } else if (t.kind == 2) {
      auto size = Varint();
      if (!size || *size > left_.size()) return std::nullopt;
      t.bytes = left_.substr(0, *size);
      left_.remove_prefix(*size);
    } else {
      return std::nullopt;
    }
    return t;
  }

 private:
  std::optional<uint64_t> Varint() {
    uint64_t v = 0;
    for (int shift = 0; shift < 64 && !left_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(left_[0]);
      left_.remove_prefix(1);
      v |= static_cast<uint64_t>(byte & 127) << shift;
      if (byte < 128) return v;
    }
    return std::nullopt;
  }
  std::string_view left_;
};

// The fields of a small message by number; later ones win.
std::map<uint64_t, Token> Flat(std::string_view bytes) {
  std::map<uint64_t, Token> out;
  Reader r(bytes);
  while (!r.done()) {
    auto t = r.Next();
    if (!t) break;
    out[t->number] = *t;
  }
  return out;
}

// Seconds and nanoseconds; none at all is the zero of Go, which is written as null.
Result<void> SetTime(kube::JsonNode at, bool micros, int64_t seconds, int64_t nanos) {
  constexpr int64_t kFirst = -62'167'219'200, kLast = 253'402'300'799;  // years 0 to 9999
  if (seconds < kFirst || seconds > kLast || nanos < 0 || nanos > 999'999'999) {
    return MakeError(ErrorCode::kInvalid, "a time in protobuf outside the years 0 to 9999");
  }
  const WallTime t{Seconds(seconds) + Microseconds(nanos / 1000)};
  if (seconds == 0) {
    at.Set(nullptr);
  } else {
    at.Set(micros ? FormatMicroTime(t) : FormatTime(t));
  }
  return {};
}

// Types with an encoding of their own. False: `type` is none of them.
Result<bool> SetSpecial(kube::JsonNode at, const std::string& type, std::string_view bytes) {
  auto fields = Flat(bytes);
  const auto number = [&](uint64_t field) { return static_cast<int64_t>(fields[field].value); };
  if (type == "quantity") {
    at.Set(fields[1].bytes);
  } else if (type == "intstr") {
    if (number(1) == 1) {
      at.Set(fields[3].bytes);
    } else {
      at.Set(number(2));
    }
  } else if (type == "time" || type == "microtime") {
    RETURN_IF_ERROR(SetTime(at, type == "microtime", number(1), number(2)));
  } else if (type == "raw") {
    ASSIGN_OR_RETURN(const kube::Json json, kube::Json::Parse(fields[1].bytes));
    at.Set(json);
  } else {
    return false;
  }
  return true;
}

bool IsStatus(std::string_view type) { return type.ends_with("Status"); }

Result<void> DecodeMessage(const std::string& type, std::string_view bytes, kube::JsonNode out,
                           int depth);

Result<void> SetValue(kube::JsonNode at, const std::string& type, const Token& t, int depth) {
  if (type == "s") {
    if (!kube::IsUtf8(t.bytes))
      return MakeError(ErrorCode::kInvalid, "a string in protobuf that is not UTF-8");
    at.Set(t.bytes);
  } else if (type == "b") {
    at.Set(kube::EncodeBase64(t.bytes));
  } else if (type == "i") {
    at.Set(static_cast<int64_t>(t.value));
  } else if (type == "t") {
    at.Set(t.value != 0);
  } else if (type == "d") {
    double d = 0;
    std::memcpy(&d, &t.value, 8);
    at.Set(d);
  } else {
    ASSIGN_OR_RETURN(const bool special, SetSpecial(at, type, t.bytes));
    if (special) return {};
    at.Set(kube::JsonObject{});
    return DecodeMessage(type, t.bytes, at, depth + 1);
  }
  return {};
}

bool Empty(const WireField& f, const Token& t) {
  if (f.type == "s" || f.type == "b") return t.bytes.empty();
  return (f.type == "i" || f.type == "t") && t.value == 0 && !ZeroCounts(f.name);
}

Result<void> DecodeMessage(const std::string& type, std::string_view bytes, kube::JsonNode out,
                           int depth) {
  auto message = Tables().find(type);
  if (message == Tables().end() || depth > kMaxDepth) {
    return MakeError(ErrorCode::kUnsupported, "protobuf message " + type + " is not known here");
  }
  Reader reader(bytes);
  while (!reader.done()) {
    auto t = reader.Next();
    if (!t) return MakeError(ErrorCode::kInvalid, "broken protobuf in " + type);
    auto field = message->second.find(t->number);
    if (field == message->second.end()) {
      return MakeError(ErrorCode::kUnsupported, "field " + std::to_string(t->number) +
                                                    " of protobuf " + "message " + type +
                                                    " is not known here");
    }
    const WireField& f = field->second;
    if (IsStatus(f.type)) continue;
    if (f.shape == '*') {
      RETURN_IF_ERROR(SetValue(out[f.name].Append(nullptr), f.type, *t, depth));
    } else if (f.shape == '%') {
      auto pair = Flat(t->bytes);
      RETURN_IF_ERROR(SetValue(out[f.name][pair[1].bytes], f.type, pair[2], depth));
    } else if (f.shape == '^') {
      RETURN_IF_ERROR(DecodeMessage(f.type, t->bytes, out, depth + 1));
    } else if (!Empty(f, *t)) {
      RETURN_IF_ERROR(SetValue(out[f.name], f.type, *t, depth));
    }
  }
  return {};
}

std::string MessageFor(std::string_view api_version, std::string_view kind) {
  if (kind == "DeleteOptions") return "meta.DeleteOptions";
  if (kind == "CronJob") return "batchb.CronJob";
  if (kind == "HorizontalPodAutoscaler") {
    return api_version == "autoscaling/v1" ? "autoscale1.HorizontalPodAutoscaler"
                                           : "autoscale2.HorizontalPodAutoscaler";
  }
  static const std::map<std::string_view, std::string_view> kPrefixes = {
      {"v1", "core"},
      {"apps", "apps"},
      {"batch", "batch"},
      {"policy", "policy"},
      {"rbac.authorization.k8s.io", "rbac"},
      {"networking.k8s.io", "net"},
      {"scheduling.k8s.io", "sched"},
      {"authentication.k8s.io", "authn"},
      {"authorization.k8s.io", "authz"},
      {"coordination.k8s.io", "coord"}};
  auto prefix = kPrefixes.find(api_version.substr(0, api_version.find('/')));
  if (prefix == kPrefixes.end()) return std::string(kind);
  return std::string(prefix->second) + "." + std::string(kind);
}

}  // namespace

Result<kube::Json> DecodeProtobuf(std::string_view bytes) {
  constexpr std::string_view kMagic("k8s\0", 4);
  if (!bytes.starts_with(kMagic)) {
    return MakeError(ErrorCode::kInvalid, "the body does not start like Kubernetes' protobuf");
  }
  auto envelope = Flat(bytes.substr(kMagic.size()));
  auto type = Flat(envelope[1].bytes);
  const std::string_view api_version = type[1].bytes, kind = type[2].bytes;
  kube::MutableJson out;
  out["kind"] = kind;
  out["apiVersion"] = api_version;
  RETURN_IF_ERROR(DecodeMessage(MessageFor(api_version, kind), envelope[2].bytes, out.root(), 0));
  return std::move(out).Freeze();
}

}  // namespace stowage::sim
