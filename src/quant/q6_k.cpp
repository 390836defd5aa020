#include "quant/q6_k.h"

#include <algorithm>
#include <cmath>

#include "base/float16.h"
#include "quant/load_block.h"
#include "quant/round_level.h"

namespace hearth::quant {
namespace {

// The weight of largest magnitude of each group becomes level 0, the only one at distance 32.
void choose_scales(const float* values, BlockQ6_K& block) {
  const auto smaller = [](float a, float b) { return std::abs(a) < std::abs(b); };
  float scales[16];
  for (int g = 0; g < 16; ++g) {
    scales[g] = *std::max_element(values + 16 * g, values + 16 * (g + 1), smaller) / -32.0F;
  }
  block.d = base::f32_to_f16(std::abs(*std::max_element(scales, scales + 16, smaller)) / 127.0F);
  for (int g = 0; g < 16; ++g) {
    block.scales[g] = static_cast<std::int8_t>(round_level(scales[g], base::f16_to_f32(block.d), -127, 127));
  }
}

}  // namespace

void dequantize_row_q6_k(const std::byte* blocks, float* values, std::int64_t n) {
  for (std::int64_t i = 0; i < n / 256; ++i) {
    const auto block = load_block<BlockQ6_K>(blocks, i);
    float* out = values + i * 256;
    const float d = base::f16_to_f32(block.d);
    for (int e = 0; e < 256; ++e) {
      const int c = e / 128;
      const int j = e % 128 / 32;
      const int l = e % 32;
      const int low = (block.ql[64 * c + 32 * (j & 1) + l] >> (4 * (j >> 1))) & 15;
      const int high = (block.qh[32 * c + l] >> (2 * j)) & 3;
      out[e] = d * static_cast<float>(block.scales[e / 16]) * static_cast<float>((low | (high << 4)) - 32);
    }
  }
}

void quantize_row_q6_k(const float* values, std::byte* blocks, std::int64_t n) {
  for (std::int64_t i = 0; i < n / 256; ++i) {
    const float* in = values + i * 256;
    BlockQ6_K block{};
    choose_scales(in, block);
    const float d = base::f16_to_f32(block.d);
    for (int e = 0; e < 256; ++e) {
      const int c = e / 128;
      const int j = e % 128 / 32;
      const int l = e % 32;
      const int q = 32 + round_level(in[e], d * static_cast<float>(block.scales[e / 16]), -32, 31);
      std::uint8_t& low = block.ql[64 * c + 32 * (j & 1) + l];
      std::uint8_t& high = block.qh[32 * c + l];
      low = static_cast<std::uint8_t>(low | ((q & 15) << (4 * (j >> 1))));
      high = static_cast<std::uint8_t>(high | ((q >> 4) << (2 * j)));
    }
    store_block(blocks, i, block);
  }
}

}  // namespace hearth::quant
