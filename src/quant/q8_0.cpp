#include "quant/q8_0.h"

#include "base/float16.h"
#include "quant/load_block.h"

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

}  // namespace hearth::quant
