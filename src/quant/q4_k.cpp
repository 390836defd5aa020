#include "quant/q4_k.h"

#include <algorithm>
#include <cmath>

#include "base/float16.h"
#include "quant/k_scales.h"
#include "quant/load_block.h"
#include "quant/round_level.h"

namespace hearth::quant {
namespace {

// Scale and minimum of each group from its range; the minimum is subtracted, so it cannot lie above 0.
void choose_scales(const float* values, BlockQ4_K& block) {
  float scales[8];
  float minimums[8];
  for (int g = 0; g < 8; ++g) {
    const auto [minimum, maximum] = std::minmax_element(values + 32 * g, values + 32 * (g + 1));
    minimums[g] = std::max(0.0F, -*minimum);
    scales[g] = std::max(0.0F, *maximum + minimums[g]) / 15.0F;
  }
  block.d = base::f32_to_f16(*std::max_element(scales, scales + 8) / 63.0F);
  block.dmin = base::f32_to_f16(*std::max_element(minimums, minimums + 8) / 63.0F);
  for (int g = 0; g < 8; ++g) {
    const int scale = round_level(scales[g], base::f16_to_f32(block.d), 0, 63);
    const int minimum = round_level(minimums[g], base::f16_to_f32(block.dmin), 0, 63);
    pack_k_scale({static_cast<std::uint8_t>(scale), static_cast<std::uint8_t>(minimum)}, g, block.scales);
  }
}

}  // namespace

void dequantize_row_q4_k(const std::byte* blocks, float* values, std::int64_t n) {
  for (std::int64_t i = 0; i < n / 256; ++i) {
    const auto block = load_block<BlockQ4_K>(blocks, i);
    float* out = values + i * 256;
    const float d = base::f16_to_f32(block.d);
    const float dmin = base::f16_to_f32(block.dmin);
    for (int g = 0; g < 8; ++g) {
      const KScale pair = unpack_k_scale(block.scales, g);
      const float scale = d * static_cast<float>(pair.scale);
      const float minimum = dmin * static_cast<float>(pair.minimum);
      for (int j = 0; j < 32; ++j) {
        const int q = (block.qs[32 * (g / 2) + j] >> (4 * (g % 2))) & 15;
        out[32 * g + j] = scale * static_cast<float>(q) - minimum;
      }
    }
  }
}

void quantize_row_q4_k(const float* values, std::byte* blocks, std::int64_t n) {
  for (std::int64_t i = 0; i < n / 256; ++i) {
    const float* in = values + i * 256;
    BlockQ4_K block{};
    choose_scales(in, block);
    const float d = base::f16_to_f32(block.d);
    const float dmin = base::f16_to_f32(block.dmin);
    for (int g = 0; g < 8; ++g) {
      const KScale pair = unpack_k_scale(block.scales, g);
      const float scale = d * static_cast<float>(pair.scale);
      const float minimum = dmin * static_cast<float>(pair.minimum);
      for (int j = 0; j < 32; ++j) {
        const int q = round_level(in[32 * g + j] + minimum, scale, 0, 15);
        block.qs[32 * (g / 2) + j] = static_cast<std::uint8_t>(block.qs[32 * (g / 2) + j] | (q << (4 * (g % 2))));
      }
    }
    store_block(blocks, i, block);
  }
}

}  // namespace hearth::quant
