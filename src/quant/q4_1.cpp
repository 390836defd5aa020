#include "quant/q4_1.h"

#include <algorithm>
#include <cmath>

#include "base/float16.h"
#include "quant/load_block.h"
#include "quant/round_level.h"

namespace hearth::quant {

void dequantize_row_q4_1(const std::byte* blocks, float* values, std::int64_t n) {
  for (std::int64_t i = 0; i < n / 32; ++i) {
    const auto block = load_block<BlockQ4_1>(blocks, i);
    float* out = values + i * 32;
    const float d = base::f16_to_f32(block.d);
    const float m = base::f16_to_f32(block.m);
    for (int j = 0; j < 16; ++j) {
      out[j] = d * static_cast<float>(block.qs[j] & 15) + m;
      out[j + 16] = d * static_cast<float>(block.qs[j] >> 4) + m;
    }
  }
}

void quantize_row_q4_1(const float* values, std::byte* blocks, std::int64_t n) {
  for (std::int64_t i = 0; i < n / 32; ++i) {
    const float* in = values + i * 32;
    const auto [minimum, maximum] = std::minmax_element(in, in + 32);
    BlockQ4_1 block;
    block.d = base::f32_to_f16((*maximum - *minimum) / 15.0F);
    block.m = base::f32_to_f16(*minimum);
    const float d = base::f16_to_f32(block.d);
    const float m = base::f16_to_f32(block.m);
    for (int j = 0; j < 16; ++j) {
      const int low = round_level(in[j] - m, d, 0, 15);
      const int high = round_level(in[j + 16] - m, d, 0, 15);
      block.qs[j] = static_cast<std::uint8_t>(low | (high << 4));
    }
    store_block(blocks, i, block);
  }
}

}  // namespace hearth::quant
