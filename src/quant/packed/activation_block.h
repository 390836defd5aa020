// Activation blocks: one row of inputs as the integer kernels read it.
//
// Values are rounded to int8 as x * 127 / max|x|, ties to even, never -128. The sums let a kernel keep its weights
// unsigned: an implicit offset or a minimum of the weights becomes a multiple of the sum of the activations. Written by
// the quantize_row kernels, read by the dot functions of the packed kinds, private to both.
#pragma once

#include <cstdint>

namespace hearth::quant::packed {

// 32 values, for kinds with one scale per block.
struct ActivationBlock32 {
  float scale;            // value = scale * q
  float scaled_sum;       // scale * Σ q: the factor of a minimum
  std::int32_t neg8_sum;  // -8 * Σ q: the offset of 4-bit weights; other offsets are multiples
  std::int8_t q[32];
};
static_assert(sizeof(ActivationBlock32) == 44);

// 256 values, for super-blocks with integer scales.
struct ActivationBlock256 {
  float scale;
  std::int16_t sums16[16];  // Σ q of 16 values each
  std::int16_t sums32[8];   // Σ q of 32 values each
  std::int8_t q[256];
};
static_assert(sizeof(ActivationBlock256) == 308);

}  // namespace hearth::quant::packed
