// FileKind: what a file is, told by its first bytes, so that an error can say more than "not a model".
//
// Source of the magics: the headers of each container. Called by open_checkpoint.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hearth::formats {

enum class FileKind : std::uint8_t {
  kGguf,
  kGgml,      // "ggml", "ggmf" and "ggjt" of 2023
  kGgcc,      // ggllm's Falcon files
  kGgmlLora,  // "ggla"
  kRwkvCpp,   // "ggmf" with a version from 100 up
  kTorchZip,
  kPickle,
  kSafetensors,
  kGitLfsPointer,
  kHtml,
  kEmpty,
  kUnknown,
};

// Looks at no more than the first 64 bytes.
FileKind sniff(std::span<const std::byte> bytes);

// "a PyTorch ZIP archive": for the sentence "… is a PyTorch ZIP archive".
std::string_view describe_kind(FileKind kind);

// The error of a reader that was given a file of another kind: corrupt_file where the file is no model at all,
// unsupported where this build has no reader for it. `where` is its path.
Error cannot_open(const std::string& where, FileKind kind);

}  // namespace hearth::formats
