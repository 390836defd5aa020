// A model in safetensors or PyTorch files: all shards mapped and read, and config.json beside them as its metadata.
//
// Files that hold an RWKV state dict need no config.json; they become a checkpoint of Convention::kRwkv. Called by
// open_checkpoint with what hf_folder found.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "formats/hf_folder.h"

namespace hearth::formats {

// `path` is what was asked for, a file or a folder; config.json is looked for there.
// Errors: not_found (no config.json), corrupt_file and unsupported naming file and tensor.
Result<Checkpoint> open_hf(const WeightFiles& weights, const std::filesystem::path& path);

}  // namespace hearth::formats
