// Q2_K: 256 weights in 84 bytes, 2 bits each, 16 groups of 16 with 4-bit scale and minimum under two fp16 factors.
//
// value = (d * scale) * q - dmin * minimum. Source: GGML block format Q2_K (ggml-common.h block_q2_K).
// dequantize_row_q2_k is the oracle that the packed kind is checked against.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hearth::quant {

struct BlockQ2_K {
  std::uint8_t scales[16];  // 0: group g = e / 16: scale in the low nibble, minimum in the high nibble
  std::uint8_t qs[64];      // 16: weight e is bits 2 * (e % 128 / 32) of byte 32 * (e / 128) + e % 32
  std::uint16_t d;          // 80: factor of the scales, binary16
  std::uint16_t dmin;       // 82: factor of the minimums, binary16
};
static_assert(sizeof(BlockQ2_K) == 84);

void dequantize_row_q2_k(const std::byte* blocks, float* values, std::int64_t n);

}  // namespace hearth::quant
