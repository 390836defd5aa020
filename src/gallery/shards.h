// Sharded models by name: "model-00001-of-00003.gguf" stands for three files that lie side by side.
//
// GGUF, safetensors and PyTorch files are split in this way. The store lists such a set as one model; install fetches
// all of it when the first is named.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::gallery {

struct ShardName {
  std::string base;  // "model"
  int index = 0;     // from 1
  int count = 0;
  std::string ending;  // ".gguf"
};

// Of a file name or the end of a longer reference; nullopt for anything else.
std::optional<ShardName> parse_shard_name(std::string_view name);

// All names of the set in order, when `name` is its first; else `name` alone.
std::vector<std::string> all_shards(std::string_view name);

}  // namespace hearth::gallery
