// Activation rows to int8: x * 127 / max|x|, ties to even, with the sums that kernels need.
//
// A NaN or infinity among the values makes the block's scale NaN or infinite and so every output that reads it: broken
// numbers stay visible. Rows are padded so that their stride is an odd number of cache lines: the rows of a tile then
// fall into different sets of L1 whatever n_cols is.
#pragma once

#include "kernels/kernel_table.h"
#include "quant/packed/activation_block.h"
#include "quant/packed/inline.h"

namespace hearth::kernels::generic {

// Below this 127 / max overflows; such a block counts as zeroes.
inline constexpr float kSmallestMaximum = 1e-36F;

template <typename Isa>
std::int64_t activation_row_bytes(ActivationKind kind, std::int64_t n_cols) {
  std::int64_t bytes = n_cols * static_cast<std::int64_t>(sizeof(float));
  if (kind == ActivationKind::kI8Block32) {
    bytes = n_cols / 32 * static_cast<std::int64_t>(sizeof(quant::packed::ActivationBlock32));
  } else if (kind == ActivationKind::kI8Block256) {
    bytes = n_cols / 256 * static_cast<std::int64_t>(sizeof(quant::packed::ActivationBlock256));
  }
  return ((bytes + 63) / 64 | 1) * 64;
}

// Bits of max |x|; as integers, so that NaN is the largest of all.
template <typename Isa, int kValues>
HEARTH_INLINE float largest_magnitude(const float* x) {
  auto largest = Isa::int_zero();
  for (int i = 0; i < kValues; i += Isa::kRows) {
    largest = Isa::max_int(largest, Isa::bit_and(Isa::bits(Isa::load(x + i)), Isa::ints(0x7FFFFFFF)));
  }
  const std::int32_t bits = Isa::max_of_int(largest);
  float value;
  __builtin_memcpy(&value, &bits, sizeof(value));
  return value;
}

// Writes kValues quantised values and returns their sum.
template <typename Isa, int kValues>
HEARTH_INLINE std::int32_t quantize_values(const float* x, float inverse, std::int8_t* q) {
  auto sum = Isa::int_zero();
  for (int i = 0; i < kValues; i += Isa::kRows) {
    const auto scaled = Isa::round_to_int(Isa::mul(Isa::load(x + i), Isa::floats(inverse)));
    // Only NaN gives less than -127 (the "integer indefinite" value); nothing gives more than 127.
    const auto value = Isa::max_int(scaled, Isa::ints(-127));
    sum = Isa::add_int(sum, value);
    Isa::store_i8(q + i, value);
  }
  return Isa::sum_int(sum);
}

template <typename Isa>
HEARTH_INLINE float inverse_scale(float largest) {
  return largest <= kSmallestMaximum ? 0.0F : 127.0F / largest;
}

template <typename Isa>
HEARTH_INLINE void quantize_block(const float* x, quant::packed::ActivationBlock32& block) {
  const float largest = largest_magnitude<Isa, 32>(x);
  const std::int32_t sum = quantize_values<Isa, 32>(x, inverse_scale<Isa>(largest), block.q);
  block.scale = largest / 127.0F;
  block.scaled_sum = block.scale * static_cast<float>(sum);
  block.neg8_sum = -8 * sum;
}

template <typename Isa>
HEARTH_INLINE void quantize_block(const float* x, quant::packed::ActivationBlock256& block) {
  const float largest = largest_magnitude<Isa, 256>(x);
  const float inverse = inverse_scale<Isa>(largest);
  block.scale = largest / 127.0F;
  for (int i = 0; i < 16; ++i) {
    block.sums16[i] = static_cast<std::int16_t>(quantize_values<Isa, 16>(x + 16 * i, inverse, block.q + 16 * i));
  }
  for (int i = 0; i < 8; ++i) {
    block.sums32[i] = static_cast<std::int16_t>(block.sums16[2 * i] + block.sums16[2 * i + 1]);
  }
}

template <typename Isa, typename Block, int kValues>
HEARTH_INLINE void quantize_blocks(const float* values, std::int64_t n_cols, unsigned char* row) {
  auto* blocks = reinterpret_cast<Block*>(row);
  for (std::int64_t i = 0; i < n_cols / kValues; ++i) {
    quantize_block<Isa>(values + i * kValues, blocks[i]);
  }
}

template <typename Isa>
void quantize_row(ActivationKind kind, const float* values, std::int64_t n_cols, unsigned char* row) {
  switch (kind) {
    case ActivationKind::kF32:
      __builtin_memcpy(row, values, static_cast<unsigned long>(n_cols) * sizeof(float));
      return;
    case ActivationKind::kI8Block32:
      quantize_blocks<Isa, quant::packed::ActivationBlock32, 32>(values, n_cols, row);
      return;
    case ActivationKind::kI8Block256:
      quantize_blocks<Isa, quant::packed::ActivationBlock256, 256>(values, n_cols, row);
      return;
  }
}

}  // namespace hearth::kernels::generic
