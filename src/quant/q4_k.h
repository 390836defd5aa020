// Q4_K: 256 weights in 144 bytes, 4 bits each, 8 groups of 32 with 6-bit scale and minimum under two fp16 factors.
//
// value = (d * scale) * q - dmin * minimum. Source: GGML block format Q4_K (ggml-common.h block_q4_K).
// dequantize_row_q4_k is the oracle that the packed kind is checked against.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hearth::quant {

struct BlockQ4_K {
  std::uint16_t d;          // 0: factor of the scales, binary16
  std::uint16_t dmin;       // 2: factor of the minimums, binary16
  std::uint8_t scales[12];  // 4: 8 pairs of scale and minimum, see k_scales.h
  std::uint8_t qs[128];     // 16: byte 32 * (e / 64) + e % 32; low nibble for even e / 32, high nibble for odd
};
static_assert(sizeof(BlockQ4_K) == 144);

void dequantize_row_q4_k(const std::byte* blocks, float* values, std::int64_t n);
void quantize_row_q4_k(const float* values, std::byte* blocks, std::int64_t n);

}  // namespace hearth::quant
