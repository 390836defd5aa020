#include "quant/q4_0.h"

#include <algorithm>
#include <cmath>

#include "base/float16.h"
#include "quant/load_block.h"
#include "quant/round_level.h"

namespace hearth::quant {

void dequantize_row_q4_0(const std::byte* blocks, float* values, std::int64_t n) {
  for (std::int64_t i = 0; i < n / 32; ++i) {
    const auto block = load_block<BlockQ4_0>(blocks, i);
    float* out = values + i * 32;
    const float d = base::f16_to_f32(block.d);
    for (int j = 0; j < 16; ++j) {
      out[j] = d * static_cast<float>((block.qs[j] & 15) - 8);
      out[j + 16] = d * static_cast<float>((block.qs[j] >> 4) - 8);
    }
  }
}

void quantize_row_q4_0(const float* values, std::byte* blocks, std::int64_t n) {
  for (std::int64_t i = 0; i < n / 32; ++i) {
    const float* in = values + i * 32;
    // The weight of largest magnitude becomes level 0, the only one at distance 8.
    const float extreme = *std::max_element(in, in + 32, [](float a, float b) { return std::abs(a) < std::abs(b); });
    BlockQ4_0 block;
    block.d = base::f32_to_f16(extreme / -8.0F);
    const float d = base::f16_to_f32(block.d);
    for (int j = 0; j < 16; ++j) {
      const int low = 8 + round_level(in[j], d, -8, 7);
      const int high = 8 + round_level(in[j + 16], d, -8, 7);
      block.qs[j] = static_cast<std::uint8_t>(low | (high << 4));
    }
    store_block(blocks, i, block);
  }
}

}  // namespace hearth::quant
