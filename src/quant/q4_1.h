// Q4_1: 32 weights in 20 bytes, 4 bits each, one scale and one minimum; value = d * q + m.
//
// Source: GGML block format Q4_1 (ggml-common.h block_q4_1). Low nibbles are weights 0..15, high nibbles 16..31.
// dequantize_row_q4_1 is the oracle that the packed kind is checked against.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hearth::quant {

struct BlockQ4_1 {
  std::uint16_t d;      // 0: scale, binary16
  std::uint16_t m;      // 2: minimum, binary16
  std::uint8_t qs[16];  // 4: byte j holds weight j (low nibble) and weight j + 16 (high nibble)
};
static_assert(sizeof(BlockQ4_1) == 20);

void dequantize_row_q4_1(const std::byte* blocks, float* values, std::int64_t n);
void quantize_row_q4_1(const float* values, std::byte* blocks, std::int64_t n);

}  // namespace hearth::quant
