// Companion files: the small text files that lie beside weights (config.json, tokenizer.json, merges.txt, …).
//
// The readers of configurations and tokenizers call read_companion; a file that is not there is no error.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "formats/checkpoint.h"

namespace hearth::formats {

constexpr std::size_t kMaxCompanionBytes = std::size_t{64} << 20;  // the largest tokenizer.json files have half of it

// The folder itself, or the one that a weight file lies in.
std::filesystem::path companion_folder(const std::filesystem::path& model_path);

// The bytes of the file `name` (a plain file name) of the folder; nullopt if it does not exist.
// Errors: corrupt_file for a Git LFS pointer or a web page in its place, or more than max_bytes; unavailable.
Result<std::optional<std::string>> read_companion(const std::filesystem::path& folder, std::string_view name,
                                                  std::size_t max_bytes = kMaxCompanionBytes);

// The same for a file beside the opened model.
Result<std::optional<std::string>> read_companion(const Checkpoint& checkpoint, std::string_view name,
                                                  std::size_t max_bytes = kMaxCompanionBytes);

}  // namespace hearth::formats
