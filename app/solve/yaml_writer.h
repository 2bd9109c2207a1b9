// YAML being written: maps, lists and scalars that ParseDocument() reads back as they were.
#pragma once

#include <yaml-cpp/emitter.h>
#include <yaml-cpp/emittermanip.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::app {

class YamlWriter {
 public:
  // Texts are quoted, so that none is taken for something else.
  YamlWriter() { out_.SetStringFormat(YAML::DoubleQuoted); }

  std::string Take() { return std::string(out_.c_str()) + "\n"; }

  void Begin() { out_ << YAML::BeginMap; }
  void End() { out_ << YAML::EndMap; }
  void BeginMap(const std::string& key) { Key(key) << YAML::BeginMap; }

  // As it is, without quotes: numbers and booleans.
  void Plain(const std::string& key, const std::string& text) {
    out_.SetStringFormat(YAML::Auto);
    Key(key) << text;
    out_.SetStringFormat(YAML::DoubleQuoted);
  }
  void Int(const std::string& key, int64_t n) { Key(key) << n; }
  void Text(const std::string& key, std::string_view text) { Key(key) << std::string(text); }
  // Both leave out what is empty.
  void TextIfAny(const std::string& key, std::string_view text) {
    if (!text.empty()) Text(key, text);
  }
  void Texts(const std::string& key, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    Key(key) << YAML::Flow << YAML::BeginSeq;
    for (const std::string& text : texts) out_ << text;
    out_ << YAML::EndSeq;
  }
  // A list of maps; `write` writes the fields of one.
  template <class List, class WriteOne>
  void All(const std::string& key, const List& list, WriteOne write) {
    Key(key) << YAML::BeginSeq;
    for (const auto& one : list) {
      Begin();
      write(one);
      End();
    }
    out_ << YAML::EndSeq;
  }
  // The same; left out if empty.
  template <class List, class WriteOne>
  void Each(const std::string& key, const List& list, WriteOne write) {
    if (!list.empty()) All(key, list, write);
  }

 private:
  YAML::Emitter& Key(const std::string& key) { return out_ << YAML::Key << key << YAML::Value; }

  YAML::Emitter out_;
};

// 12500 with 3 places is "12.500".
std::string DecimalText(int64_t n, int places);

}  // namespace stowage::app
