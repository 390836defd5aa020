// What the numbers of encodings mean in a ggml file of 2023.
//
// The layouts of quantised blocks changed on 2023-05-12 (the nibbles of a block split into halves instead of pairs) and
// on 2023-05-19 (scales in half precision), so there are three generations; the numbers stayed. ggml.cpp and
// rwkv_cpp.cpp ask here.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "formats/ggml_container.h"
#include "quant/block_type.h"

namespace hearth::formats {

// ftype = encoding + 1000 · generation, generations 0 to 2.
constexpr std::int32_t kMaxGgmlFtype = 2999;

// Errors: corrupt_file naming the number.
using GgmlEncodings = Result<quant::BlockType> (*)(std::uint32_t id);

// By the container's version; files of the container without one have the generation in the thousands of ftype (an
// integer 0 to kMaxGgmlFtype), where 0 is taken for the first one.
GgmlEncodings ggml_encodings(const GgmlContainer& container, std::int64_t ftype);

// rwkv.cpp numbers the encodings in its own way. version is 100 (first generation) or 101 (third).
GgmlEncodings rwkv_cpp_encodings(std::uint32_t version);

}  // namespace hearth::formats
