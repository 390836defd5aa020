// Which files of a folder are the weights of its model, by the naming rules of the tools that write them.
//
// A folder from the hub may also hold .git, readmes, adapters, optimizer states and the same model in other
// containers. Called by open_checkpoint, which opens what is found here.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace hearth::formats {

struct WeightFiles {
  std::vector<std::filesystem::path> files;                    // one, or all shards
  std::map<std::string, std::string, std::less<>> weight_map;  // tensor -> file name, from the index; may be empty
};

// In this order: the name in quantize_config.json (GPTQ), model.safetensors, output.safetensors (EXL2), the only other
// .safetensors, pytorch_model.bin, consolidated*.safetensors, the only other .bin, .pth or .pt; each as one file, with
// an index or as numbered shards. `files` are the regular files of the folder. nullopt if there is none of these.
// Errors: invalid_argument listing the models if there are several; not_found for a missing shard; corrupt_file.
Result<std::optional<WeightFiles>> find_weight_files(const std::filesystem::path& folder,
                                                     const std::vector<std::filesystem::path>& files);

// The file itself, or all shards if its name is that of one.
Result<WeightFiles> weight_files_of(const std::filesystem::path& file);

}  // namespace hearth::formats
