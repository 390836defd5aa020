// GgmlContainer: which of the containers of 2023 a file is, "ggml", "ggmf v1", "ggjt v3" or "ggcc v10".
//
// The version decides whether the vocabulary has scores, whether tensors are aligned and which layouts the quantised
// blocks have. Source: the loaders of llama.cpp and ggllm.cpp of 2023. ggml.cpp reads it first of all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/byte_reader.h"
#include "base/result.h"

namespace hearth::formats {

enum class GgmlMagic : std::uint8_t { kGgml, kGgmf, kGgjt, kGgcc };

struct GgmlContainer {
  GgmlMagic magic{};
  std::uint32_t version = 0;  // 0 for ggml, which has none

  // The data of a tensor starts at a multiple of this many bytes from the start of the file.
  std::size_t alignment() const { return magic == GgmlMagic::kGgjt || magic == GgmlMagic::kGgcc ? 32 : 1; }
};

// "ggml", "ggjt v3": for messages and `hearth show`.
std::string to_string(const GgmlContainer& container);

// Errors: corrupt_file (another magic, or no room for it), unsupported (a version that is not known, an adapter).
Result<GgmlContainer> read_ggml_container(base::ByteReader& reader);

}  // namespace hearth::formats
