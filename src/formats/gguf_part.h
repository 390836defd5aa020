// GgufPart: what one GGUF file holds by itself, a whole model or one shard of it.
//
// parse_gguf_part checks everything that one file shows: header, metadata, tensor infos against the file's size, and
// that no two tensors overlap. gguf.cpp joins the parts to a Checkpoint.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "formats/checkpoint.h"

namespace hearth::formats {

struct GgufPart {
  std::uint32_t version = 0;
  Metadata metadata;
  std::vector<TensorView> tensors;  // in file order; the views point into the bytes that were parsed
};

// Messages do not name the file; the caller puts it in front.
Result<GgufPart> parse_gguf_part(std::span<const std::byte> bytes);

}  // namespace hearth::formats
