#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <istream>
#include <streambuf>

#include "app/solve/document.h"

namespace stowage::app {
namespace {

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
    if (open_.size() >= kMaxDocumentDepth)
      throw Refusal(mark, "nested too deep: more than 100 levels");
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
    const Value::Key* twice = FindKeyTwice(map);
    if (twice == nullptr) return;
    YAML::Mark mark;
    mark.line = static_cast<int>(twice->at.line - 1);
    mark.column = static_cast<int>(twice->at.column - 1);
    throw Refusal(mark, KeyTwice(map, *twice));
  }

  Value root_;
  std::vector<Value*> open_;
};

}  // namespace

Result<Value> ParseYaml(Source source) {
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

}  // namespace stowage::app
