// Q6_K: 256 weights in 210 bytes, 6 bits each, 16 groups of 16 with a signed 8-bit scale under one fp16 factor.
//
// value = (d * scale) * (q - 32). Source: GGML block format Q6_K (ggml-common.h block_q6_K).
// dequantize_row_q6_k is the oracle that the packed kind is checked against.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hearth::quant {

struct BlockQ6_K {
  // c = e / 128, j = e % 128 / 32, l = e % 32
  std::uint8_t ql[128];    // 0: low 4 bits: byte 64 * c + 32 * (j & 1) + l, low nibble for j < 2, else high nibble
  std::uint8_t qh[64];     // 128: high 2 bits: bits 2 * j of byte 32 * c + l
  std::int8_t scales[16];  // 192: scale of the weights 16 * g .. 16 * g + 15
  std::uint16_t d;         // 208: factor of the scales, binary16
};
static_assert(sizeof(BlockQ6_K) == 210);

void dequantize_row_q6_k(const std::byte* blocks, float* values, std::int64_t n);
void quantize_row_q6_k(const float* values, std::byte* blocks, std::int64_t n);

}  // namespace hearth::quant
