#include "quant/q8_0.h"

#include <algorithm>
#include <cmath>

#include "base/float16.h"
#include "quant/load_block.h"
#include "quant/round_level.h"

namespace hearth::quant {

void dequantize_row_q8_0(const std::byte* blocks, float* values, std::int64_t n) {
  for (std::int64_t i = 0; i < n / 32; ++i) {
    const auto block = load_block<BlockQ8_0>(blocks, i);
    float* out = values + i * 32;
    const float d = base::f16_to_f32(block.d);
    for (int j = 0; j < 32; ++j) {
      out[j] = d * static_cast<float>(block.qs[j]);
    }
  }
}

void quantize_row_q8_0(const float* values, std::byte* blocks, std::int64_t n) {
  for (std::int64_t i = 0; i < n / 32; ++i) {
    const float* in = values + i * 32;
    const float extreme = *std::max_element(in, in + 32, [](float a, float b) { return std::abs(a) < std::abs(b); });
    BlockQ8_0 block;
    block.d = base::f32_to_f16(std::abs(extreme) / 127.0F);
    const float d = base::f16_to_f32(block.d);
    for (int j = 0; j < 32; ++j) {
      block.qs[j] = static_cast<std::int8_t>(round_level(in[j], d, -127, 127));
    }
    store_block(blocks, i, block);
  }
}

}  // namespace hearth::quant
