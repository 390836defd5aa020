// Q5_1: 32 weights in 24 bytes, 5 bits each, one scale and one minimum; value = d * q + m.
//
// Source: GGML block format Q5_1 (ggml-common.h block_q5_1). Nibbles as in Q4_1; bit j of the 32-bit little-endian
// word qh is the fifth bit of weight j. dequantize_row_q5_1 is the oracle that the packed kind is checked against.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hearth::quant {

struct BlockQ5_1 {
  std::uint16_t d;      // 0: scale, binary16
  std::uint16_t m;      // 2: minimum, binary16
  std::uint8_t qh[4];   // 4: bit j % 8 of byte j / 8 is the high bit of weight j
  std::uint8_t qs[16];  // 8: byte j holds weight j (low nibble) and weight j + 16 (high nibble)
};
static_assert(sizeof(BlockQ5_1) == 24);

void dequantize_row_q5_1(const std::byte* blocks, float* values, std::int64_t n);

}  // namespace hearth::quant
