#include "quant/q5_0.h"

#include "base/float16.h"
#include "quant/load_block.h"

namespace hearth::quant {

void dequantize_row_q5_0(const std::byte* blocks, float* values, std::int64_t n) {
  for (std::int64_t i = 0; i < n / 32; ++i) {
    const auto block = load_block<BlockQ5_0>(blocks, i);
    float* out = values + i * 32;
    const float d = base::f16_to_f32(block.d);
    for (int j = 0; j < 16; ++j) {
      const int low = (block.qs[j] & 15) | (((block.qh[j / 8] >> (j % 8)) & 1) << 4);
      const int high = (block.qs[j] >> 4) | (((block.qh[2 + j / 8] >> (j % 8)) & 1) << 4);
      out[j] = d * static_cast<float>(low - 16);
      out[j + 16] = d * static_cast<float>(high - 16);
    }
  }
}

}  // namespace hearth::quant
