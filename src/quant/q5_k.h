// Q5_K: 256 weights in 176 bytes, 5 bits each, 8 groups of 32 with 6-bit scale and minimum under two fp16 factors.
//
// value = (d * scale) * q - dmin * minimum. Source: GGML block format Q5_K (ggml-common.h block_q5_K).
// dequantize_row_q5_k is the oracle that the packed kind is checked against.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hearth::quant {

struct BlockQ5_K {
  std::uint16_t d;          // 0: factor of the scales, binary16
  std::uint16_t dmin;       // 2: factor of the minimums, binary16
  std::uint8_t scales[12];  // 4: 8 pairs of scale and minimum, see k_scales.h
  std::uint8_t qh[32];      // 16: bit e / 32 of byte e % 32 is the high bit of weight e
  std::uint8_t qs[128];     // 48: byte 32 * (e / 64) + e % 32; low nibble for even e / 32, high nibble for odd
};
static_assert(sizeof(BlockQ5_K) == 176);

void dequantize_row_q5_k(const std::byte* blocks, float* values, std::int64_t n);

}  // namespace hearth::quant
