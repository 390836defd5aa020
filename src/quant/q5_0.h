// Q5_0: 32 weights in 22 bytes, 5 bits each and one scale; value = d * (q - 16).
//
// Source: GGML block format Q5_0 (ggml-common.h block_q5_0). Nibbles as in Q4_0; bit j of the 32-bit little-endian
// word qh is the fifth bit of weight j. dequantize_row_q5_0 is the oracle that the packed kind is checked against.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hearth::quant {

struct BlockQ5_0 {
  std::uint16_t d;      // 0: scale, binary16
  std::uint8_t qh[4];   // 2: bit j % 8 of byte j / 8 is the high bit of weight j
  std::uint8_t qs[16];  // 6: byte j holds weight j (low nibble) and weight j + 16 (high nibble)
};
static_assert(sizeof(BlockQ5_0) == 22);

void dequantize_row_q5_0(const std::byte* blocks, float* values, std::int64_t n);

}  // namespace hearth::quant
