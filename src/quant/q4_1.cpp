#include "quant/q4_1.h"

#include "base/float16.h"
#include "quant/load_block.h"

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

}  // namespace hearth::quant
