// GgmlPart: what one ggml, ggmf, ggjt or ggcc file holds by itself, a whole model or one part of it.
//
// parse_ggml_part finds the layout of the header that fits (the vocabulary parses, the first tensor has one of the
// architecture's names, and the tensor that only this architecture has is there) and checks every length against the
// file. ggml.cpp makes a Checkpoint of the parts.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "formats/ggml_container.h"

namespace hearth::formats {

struct GgmlPart {
  GgmlContainer container;
  Metadata metadata;
  std::vector<TensorView> tensors;  // in file order; the views point into the bytes that were parsed
};

// Messages do not name the file; the caller puts it in front.
Result<GgmlPart> parse_ggml_part(std::span<const std::byte> bytes);

}  // namespace hearth::formats
