// Shards: a model that is split over files named <base>-00001-of-0000N.gguf.
//
// gguf_shard_paths finds the files of a model from the name of any of them; check_gguf_shard compares what a file says
// about itself (split.no, split.count) with its place in that list. Called by gguf.cpp and by the search in a folder.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/checkpoint.h"

namespace hearth::formats {

struct ShardName {
  std::string_view base;  // what precedes "-00001-of-00003.gguf"
  int number = 0;         // from 1
  int count = 0;
};

// nullopt if the file name does not have that form.
std::optional<ShardName> parse_shard_name(std::string_view file_name);

// All files of the model in their order; the path itself if its name is no shard's. not_found names a missing shard.
Result<std::vector<std::filesystem::path>> gguf_shard_paths(const std::filesystem::path& path);

// Errors if the metadata of file `index` (from 0) of `count` says that it is another one.
Status check_gguf_shard(const Metadata& metadata, std::size_t index, std::size_t count);

}  // namespace hearth::formats
