// IntegerBlock: a block of weights as small signed integers under one float scale per 16.
//
// Encodings that are nothing but that, whatever way their bits take (look-up grids, code books, trits), decode through
// this one form: block_type.cpp makes their oracle of it (value = scale * q, rounded once), and the kernels that decode
// on the fly multiply the integers with int8 activations. One decoder per type, named in block_types.def.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hearth::quant {

inline constexpr int kMaxBlockSize = 256;
inline constexpr int kScaleCols = 16;

// Of a block of n weights the first n integers and n / 16 scales are written.
struct IntegerBlock {
  std::int8_t q[kMaxBlockSize];
  float scales[kMaxBlockSize / kScaleCols];
};

using DecodeIntegers = void (*)(const std::byte* block, IntegerBlock& out);

}  // namespace hearth::quant
