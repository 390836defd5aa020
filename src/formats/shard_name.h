// ShardName: a model that is split over files named <base>-00001-of-0000N.<ending>, in every container.
//
// shard_paths finds the files of a model from the name of any of them. Called by the GGUF reader and by hf_folder.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hearth::formats {

struct ShardName {
  std::string_view base;  // what precedes "-00001-of-00003.gguf"
  int number = 0;         // from 1
  int count = 0;
};

// nullopt if the file name does not have that form; `ending` with its dot, ".gguf".
std::optional<ShardName> parse_shard_name(std::string_view file_name, std::string_view ending);

// All files of the model in their order; the path itself if its name is no shard's. not_found names a missing shard.
Result<std::vector<std::filesystem::path>> shard_paths(const std::filesystem::path& path, std::string_view ending);

}  // namespace hearth::formats
