// Q8_0: 32 weights in 34 bytes, one signed byte each and one scale; value = d * q.
//
// Source: GGML block format Q8_0 (ggml-common.h block_q8_0).
// dequantize_row_q8_0 is the oracle that the packed kind is checked against.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hearth::quant {

struct BlockQ8_0 {
  std::uint16_t d;     // 0: scale, binary16
  std::int8_t qs[32];  // 2: weights in order
};
static_assert(sizeof(BlockQ8_0) == 34);

void dequantize_row_q8_0(const std::byte* blocks, float* values, std::int64_t n);
void quantize_row_q8_0(const float* values, std::byte* blocks, std::int64_t n);

}  // namespace hearth::quant
