// Q4_0: 32 weights in 18 bytes, 4 bits each and one scale; value = d * (q - 8).
//
// Source: GGML block format Q4_0 (ggml-common.h block_q4_0). Low nibbles are weights 0..15, high nibbles 16..31.
// dequantize_row_q4_0 is the oracle that the packed kind is checked against.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hearth::quant {

struct BlockQ4_0 {
  std::uint16_t d;      // 0: scale, binary16
  std::uint8_t qs[16];  // 2: byte j holds weight j (low nibble) and weight j + 16 (high nibble)
};
static_assert(sizeof(BlockQ4_0) == 18);

void dequantize_row_q4_0(const std::byte* blocks, float* values, std::int64_t n);
void quantize_row_q4_0(const float* values, std::byte* blocks, std::int64_t n);

}  // namespace hearth::quant
