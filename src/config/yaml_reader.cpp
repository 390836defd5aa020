#include "config/yaml_reader.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <exception>

namespace hearth::config {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 20;
constexpr int kMaxDepth = 64;
constexpr int kMaxNodes = 50'000;

int line_of(const YAML::Mark& mark) {
  return mark.is_null() ? 1 : mark.line + 1;
}

class Converter {
 public:
  explicit Converter(const std::string& file) : file_(file) {}

  Result<YamlNode> convert(const YAML::Node& source, int depth) {
    YamlNode node{.line = line_of(source.Mark())};
    if (depth > kMaxDepth) return error(node.line, fmt::format("nested deeper than {} levels", kMaxDepth));
    if (++n_nodes_ > kMaxNodes)
      return error(node.line, fmt::format("more than {} values after expanding aliases", kMaxNodes));
    if (source.IsScalar()) {
      node.kind = YamlNode::Kind::kScalar;
      node.scalar = source.Scalar();
      node.quoted = source.Tag() == "!";
    } else if (source.IsSequence()) {
      node.kind = YamlNode::Kind::kList;
      for (const YAML::Node& item : source) {
        HEARTH_TRY(YamlNode converted, convert(item, depth + 1));
        node.items.push_back(std::move(converted));
      }
    } else if (source.IsMap()) {
      node.kind = YamlNode::Kind::kMap;
      HEARTH_TRY_VOID(convert_map(source, node, depth));
    }
    return node;
  }

 private:
  std::unexpected<Error> error(int line, std::string_view what) const {
    return fail(ErrorCode::kInvalidArgument, fmt::format("{}:{}: {}", file_, line, what), file_);
  }

  Status convert_map(const YAML::Node& source, YamlNode& node, int depth) {
    std::vector<YamlNode> merged;
    int merge_line = 0;
    for (const auto& pair : source) {
      const int line = line_of(pair.first.Mark());
      if (!pair.first.IsScalar()) return error(line, "a key must be plain text");
      const std::string& key = pair.first.Scalar();
      HEARTH_TRY(YamlNode value, convert(pair.second, depth + 1));
      if (key == "<<" && pair.first.Tag() != "!") {
        if (merge_line != 0) return error(line, fmt::format("'<<' is given twice, first in line {}", merge_line));
        merge_line = line;
        HEARTH_TRY(merged, merge_sources(std::move(value), line));
        continue;
      }
      const auto twin = std::ranges::find(node.entries, key, &YamlEntry::key);
      if (twin != node.entries.end()) {
        return error(line, fmt::format("'{}' is given twice, first in line {}", key, twin->line));
      }
      node.entries.push_back({key, line, std::move(value)});
    }
    for (YamlNode& base : merged) {  // what the map itself says wins, then the earlier of several sources
      for (YamlEntry& entry : base.entries) {
        if (node.find(entry.key) == nullptr) node.entries.push_back(std::move(entry));
      }
    }
    return {};
  }

  Result<std::vector<YamlNode>> merge_sources(YamlNode value, int line) const {
    std::vector<YamlNode> sources;
    if (value.kind == YamlNode::Kind::kList) {
      sources = std::move(value.items);
    } else if (value.kind != YamlNode::Kind::kNull) {
      sources.push_back(std::move(value));
    }
    for (const YamlNode& source : sources) {
      if (source.kind != YamlNode::Kind::kMap) return error(line, "'<<' takes a mapping or a list of mappings");
    }
    return sources;
  }

  const std::string& file_;
  int n_nodes_ = 0;
};

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  const auto found = std::ranges::find(entries, key, &YamlEntry::key);
  return found == entries.end() ? nullptr : &found->value;
}

Result<YamlNode> read_yaml(std::string_view text, const std::string& file) {
  if (text.size() > kMaxBytes) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("{}:1: larger than {} bytes", file, kMaxBytes), file);
  }
  try {
    return Converter(file).convert(YAML::Load(std::string(text)), 0);
  } catch (const YAML::Exception& broken) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("{}:{}: {}", file, line_of(broken.mark), broken.msg), file);
  } catch (const std::exception& broken) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("{}:1: {}", file, broken.what()), file);
  }
}

}  // namespace hearth::config
