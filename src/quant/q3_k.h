// Q3_K: 256 weights in 110 bytes, 3 bits each, 16 groups of 16 with a 6-bit scale under one fp16 factor.
//
// value = (d * (scale - 32)) * (q - 4). Source: GGML block format Q3_K (ggml-common.h block_q3_K). The high bit of q
// is kept inverted: a cleared bit of hmask subtracts 4 from the two low bits.
// dequantize_row_q3_k is the oracle that the packed kind is checked against.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hearth::quant {

struct BlockQ3_K {
  std::uint8_t hmask[32];   // 0: bit e / 32 of byte e % 32: the high bit of weight e
  std::uint8_t qs[64];      // 32: low bits: bits 2 * (e % 128 / 32) of byte 32 * (e / 128) + e % 32
  std::uint8_t scales[12];  // 96: low nibbles of 16 scales in bytes 0..7, their top 2 bits in bytes 8..11
  std::uint16_t d;          // 108: factor of the scales, binary16
};
static_assert(sizeof(BlockQ3_K) == 110);

void dequantize_row_q3_k(const std::byte* blocks, float* values, std::int64_t n);

}  // namespace hearth::quant
