// YAML text as a plain tree: the only place that touches yaml-cpp.
//
// Merge keys (`<<: *base`, `<<: [*a, *b]`) are expanded here, since the library leaves them as they are; a key given
// twice is an error. Depth and the number of nodes after expanding aliases are bounded, so that a small hostile file
// stays small.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hearth::config {

struct YamlEntry;

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  int line = 0;  // from 1
  std::string scalar;
  bool quoted = false;  // a quoted scalar is text, whatever it looks like
  std::vector<YamlNode> items;
  std::vector<YamlEntry> entries;  // in order of the file; merged ones last

  const YamlNode* find(std::string_view key) const;
};

struct YamlEntry {
  std::string key;
  int line = 0;
  YamlNode value;
};

// The first document. Errors: invalid_argument with "FILE:LINE: …".
Result<YamlNode> read_yaml(std::string_view text, const std::string& file);

}  // namespace hearth::config
