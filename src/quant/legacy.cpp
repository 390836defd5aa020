#include "quant/legacy.h"

#include "base/float16.h"
#include "quant/integer_block.h"
#include "quant/load_block.h"
#include "quant/q5_0.h"
#include "quant/q5_1.h"

namespace hearth::quant {
namespace {

int paired_nibble(const std::uint8_t* qs, int e) {
  return (qs[e / 2] >> (4 * (e % 2))) & 15;
}

int split_nibble(const std::uint8_t (&qs)[16], int e) {
  return (qs[e % 16] >> (4 * (e / 16))) & 15;
}

int fifth_bit(const std::uint8_t (&qh)[4], int e) {
  return ((qh[e / 8] >> (e % 8)) & 1) << 4;
}

// One scale for n weights, value(e) of them.
template <typename Value>
void put_integers(float scale, int n, Value value, IntegerBlock& out) {
  for (int e = 0; e < n; ++e) {
    out.q[e] = static_cast<std::int8_t>(value(e));
  }
  for (int s = 0; s < n / kScaleCols; ++s) {
    out.scales[s] = scale;
  }
}

template <typename Value>
void put_with_minimum(float scale, float minimum, int n, Value value, float* out) {
  for (int e = 0; e < n; ++e) {
    out[e] = scale * static_cast<float>(value(e)) + minimum;
  }
}

}  // namespace

void decode_q4_0_gen1(const std::byte* block, IntegerBlock& out) {
  const auto b = load_block<BlockScale4>(block, 0);
  put_integers(b.d, 32, [&](int e) { return paired_nibble(b.qs, e) - 8; }, out);
}

void decode_q4_0_gen2(const std::byte* block, IntegerBlock& out) {
  const auto b = load_block<BlockScale4>(block, 0);
  put_integers(b.d, 32, [&](int e) { return split_nibble(b.qs, e) - 8; }, out);
}

void decode_q4_2(const std::byte* block, IntegerBlock& out) {
  const auto b = load_block<BlockQ4_2>(block, 0);
  for (int j = 0; j < 8; ++j) {
    out.q[2 * j] = static_cast<std::int8_t>((b.qs[j] & 15) - 8);
    out.q[2 * j + 1] = static_cast<std::int8_t>((b.qs[j] >> 4) - 8);
  }
  out.scales[0] = base::f16_to_f32(b.d);
}

void decode_q5_0_gen1(const std::byte* block, IntegerBlock& out) {
  const auto b = load_block<BlockQ5_0>(block, 0);
  put_integers(
      base::f16_to_f32(b.d), 32, [&](int e) { return (paired_nibble(b.qs, e) | fifth_bit(b.qh, e)) - 16; }, out);
}

void decode_q8_0_gen1(const std::byte* block, IntegerBlock& out) {
  const auto b = load_block<BlockScale8>(block, 0);
  put_integers(b.d, 32, [&](int e) { return b.qs[e]; }, out);
}

void dequantize_row_q4_1_gen1(const std::byte* blocks, float* values, std::int64_t n) {
  for (std::int64_t i = 0; i < n / 32; ++i) {
    const auto b = load_block<BlockScaleMin4>(blocks, i);
    put_with_minimum(b.d, b.m, 32, [&](int e) { return paired_nibble(b.qs, e); }, values + 32 * i);
  }
}

void dequantize_row_q4_1_gen2(const std::byte* blocks, float* values, std::int64_t n) {
  for (std::int64_t i = 0; i < n / 32; ++i) {
    const auto b = load_block<BlockScaleMin4>(blocks, i);
    put_with_minimum(b.d, b.m, 32, [&](int e) { return split_nibble(b.qs, e); }, values + 32 * i);
  }
}

void dequantize_row_q4_3(const std::byte* blocks, float* values, std::int64_t n) {
  for (std::int64_t i = 0; i < n / 16; ++i) {
    const auto b = load_block<BlockQ4_3>(blocks, i);
    put_with_minimum(
        base::f16_to_f32(b.d), base::f16_to_f32(b.m), 16, [&](int e) { return paired_nibble(b.qs, e); },
        values + 16 * i);
  }
}

void dequantize_row_q5_1_gen1(const std::byte* blocks, float* values, std::int64_t n) {
  for (std::int64_t i = 0; i < n / 32; ++i) {
    const auto b = load_block<BlockQ5_1>(blocks, i);
    put_with_minimum(
        base::f16_to_f32(b.d), base::f16_to_f32(b.m), 32,
        [&](int e) { return paired_nibble(b.qs, e) | fifth_bit(b.qh, e); }, values + 32 * i);
  }
}

void dequantize_row_q4_1_o(const std::byte* blocks, float* values, std::int64_t n) {
  for (std::int64_t i = 0; i < n / 32; ++i) {
    const auto b = load_block<BlockQ4_1O>(blocks, i);
    put_with_minimum(
        base::f16_to_f32(b.d), base::f16_to_f32(b.m), 32, [&](int e) { return paired_nibble(b.qs, e); },
        values + 32 * i);
    // An index past the block belongs to no weight.
    if (b.outlier_index < 32) {
      values[32 * i + b.outlier_index] = base::f16_to_f32(b.outlier);
    }
  }
}

}  // namespace hearth::quant
