#include "app/solve/document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <istream>
#include <streambuf>

namespace stowage::app {
namespace {

constexpr size_t kMaxDepth = 100;

Position At(const YAML::Mark& mark) {
  return mark.is_null() ? Position{} : Position{mark.line + 1, mark.column + 1};
}

// A stream over text that is already there.
class TextBuffer : public std::streambuf {
 public:
  explicit TextBuffer(std::string_view text) {
    char* first = const_cast<char*>(text.data());  // only read
    setg(first, first, first + text.size());
  }
};

// What we refuse ourselves, unlike what the parser does.
class Refusal : public YAML::ParserException {
 public:
  using YAML::ParserException::ParserException;
};

// Builds the tree from the parser's events. Thrown complaints end the parse.
class Builder : public YAML::EventHandler {
 public:
  Value TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnAnchor(const YAML::Mark& mark, const std::string&) override {
    throw Refusal(mark, "anchors and aliases are not allowed: write the value out");
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { OnAnchor(mark, ""); }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { Put(mark, Value{.at = At(mark)}); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& text) override {
    Put(mark,
        Value{.kind = Value::Kind::kScalar, .quoted = tag == "!", .text = text, .at = At(mark)});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    Open(mark, Value::Kind::kList);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    Open(mark, Value::Kind::kMap);
  }
  void OnMapEnd() override {
    CheckKeys(*open_.back());
    open_.pop_back();
  }

 private:
  void Open(const YAML::Mark& mark, Value::Kind kind) {
    if (open_.size() >= kMaxDepth) throw Refusal(mark, "nested too deep: more than 100 levels");
    open_.push_back(Put(mark, Value{.kind = kind, .at = At(mark)}));
  }

  // Returns where the value went. A parent does not grow while a child of it is open, so that
  // pointers to open values hold.
  Value* Put(const YAML::Mark& mark, Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Value& parent = *open_.back();
    if (parent.kind == Value::Kind::kMap && parent.keys.size() == parent.values.size()) {
      if (value.kind != Value::Kind::kScalar) {
        throw Refusal(mark, "a key must be a word; is a bracket or a quote left open?");
      }
      parent.keys.push_back({std::move(value.text), value.at});
      return nullptr;
    }
    parent.values.push_back(std::move(value));
    return &parent.values.back();
  }

  static void CheckKeys(const Value& map) {
    std::vector<const Value::Key*> keys;
    for (const Value::Key& key : map.keys) keys.push_back(&key);
    std::stable_sort(keys.begin(), keys.end(), [](auto* a, auto* b) { return a->text < b->text; });
    for (size_t i = 1; i < keys.size(); ++i) {
      if (keys[i]->text != keys[i - 1]->text) continue;
      YAML::Mark mark;
      mark.line = static_cast<int>(keys[i]->at.line - 1);
      mark.column = static_cast<int>(keys[i]->at.column - 1);
      throw Refusal(mark, "the key " + Quoted(keys[i]->text) +
                              " stands twice in this map; the first is in "
                              "line " +
                              std::to_string(keys[i - 1]->at.line) + "; remove one of them");
    }
  }

  Value root_;
  std::vector<Value*> open_;
};

bool IsNull(const Value& value) { return value.kind == Value::Kind::kNull; }

std::string Found(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kNull:
      return "nothing";
    case Value::Kind::kScalar:
      return Quoted(value.text);
    case Value::Kind::kList:
      return "a list";
    case Value::Kind::kMap:
      return "a map";
  }
  return "";
}

std::string Expected(std::string_view what, std::string_view kind, const Value& value) {
  return std::string(what) + ": expected " + std::string(kind) + ", found " + Found(value);
}

}  // namespace

Result<Value> ParseDocument(Source source) {
  try {
    TextBuffer buffer(source.text);
    std::istream in(&buffer);
    YAML::Parser parser(in);
    Builder builder;
    if (!parser.HandleNextDocument(builder)) {
      return Err(ErrorAt(source.name, {}, "expected a map of fields, found an empty file"));
    }
    Value root = builder.TakeRoot();
    Builder second;
    if (parser.HandleNextDocument(second)) {
      return Err(ErrorAt(source.name, second.TakeRoot().at,
                         "expected the end of the file, found a second document; a file holds one "
                         "problem"));
    }
    return root;
  } catch (const Refusal& e) {
    return Err(ErrorAt(source.name, At(e.mark), e.msg));
  } catch (const YAML::Exception& e) {
    return Err(ErrorAt(source.name, At(e.mark),
                       "this is no YAML: " + e.msg +
                           "; check indentation (spaces, no tabs), quotes and brackets"));
  }
}

int64_t ReadInt(Complaints& complaints, const Value& value, std::string_view what, int64_t min,
                int64_t max) {
  int64_t n = 0;
  const char* const last = value.text.data() + value.text.size();
  const auto [end, error] = std::from_chars(value.text.data(), last, n);
  if (value.kind == Value::Kind::kScalar && !value.quoted && error == std::errc() && end == last &&
      n >= min && n <= max) {
    return n;
  }
  complaints.Add(
      value.at,
      Expected(what, "a whole number from " + std::to_string(min) + " to " + std::to_string(max),
               value));
  return min;
}

std::string ReadText(Complaints& complaints, const Value& value, std::string_view what) {
  if (value.kind == Value::Kind::kScalar) return value.text;
  complaints.Add(value.at, Expected(what, "a text", value));
  return "";
}

bool ReadFlag(Complaints& complaints, const Value& value, std::string_view what) {
  if (value.kind == Value::Kind::kScalar && !value.quoted) {
    if (value.text == "true") return true;
    if (value.text == "false") return false;
  }
  complaints.Add(value.at, Expected(what, "true or false", value));
  return false;
}

FieldReader::FieldReader(Complaints& complaints, const Value& map, std::string what,
                         std::initializer_list<std::string_view> known)
    : complaints_(complaints), map_(map), what_(std::move(what)) {
  if (map.kind != Value::Kind::kMap && !IsNull(map)) {
    complaints.Add(map.at, Expected(what_, "a map of fields", map));
  }
  for (const Value::Key& key : map.keys) {
    if (std::find(known.begin(), known.end(), key.text) != known.end()) continue;
    std::vector<std::string_view> names(known);
    std::sort(names.begin(), names.end());
    std::string all;
    for (const std::string_view name : names) all += (all.empty() ? "" : ", ") + std::string(name);
    complaints.Add(key.at,
                   what_ + ": unknown field " + Quoted(key.text) + "; known fields are " + all);
  }
}

const Value* FieldReader::Find(std::string_view field) const {
  for (size_t i = 0; i < map_.keys.size() && i < map_.values.size(); ++i) {
    if (map_.keys[i].text == field) return IsNull(map_.values[i]) ? nullptr : &map_.values[i];
  }
  return nullptr;
}

const Value* FieldReader::Require(std::string_view field, std::string_view example) {
  const Value* value = Find(field);
  if (value == nullptr) {
    complaints_.Add(map_.at, what_ + ": expected the field " + std::string(field) +
                                 ", found none; add it, for example " + std::string(field) + ": " +
                                 std::string(example));
  }
  return value;
}

int64_t FieldReader::Int(std::string_view field, int64_t fallback, int64_t min, int64_t max) {
  const Value* value = Find(field);
  return value == nullptr ? fallback : ReadInt(complaints_, *value, NameOf(field), min, max);
}

std::string FieldReader::Text(std::string_view field) {
  const Value* value = Find(field);
  return value == nullptr ? "" : ReadText(complaints_, *value, NameOf(field));
}

std::string FieldReader::RequireText(std::string_view field, std::string_view example) {
  const Value* value = Require(field, example);
  if (value == nullptr) return "";
  std::string text = ReadText(complaints_, *value, NameOf(field));
  if (value->kind == Value::Kind::kScalar && text.empty()) {
    complaints_.Add(value->at, Expected(NameOf(field), "a name", *value));
  }
  return text;
}

bool FieldReader::Flag(std::string_view field) {
  const Value* value = Find(field);
  return value != nullptr && ReadFlag(complaints_, *value, NameOf(field));
}

const std::vector<Value>& FieldReader::List(std::string_view field) {
  static const std::vector<Value> none;
  const Value* value = Find(field);
  if (value == nullptr) return none;
  if (value->kind == Value::Kind::kList) return value->values;
  complaints_.Add(value->at, Expected(NameOf(field), "a list", *value));
  return none;
}

std::string FieldReader::NameOf(std::string_view field) const {
  return what_ + ", " + std::string(field);
}

}  // namespace stowage::app
