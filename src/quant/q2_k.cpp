#include "quant/q2_k.h"

#include "base/float16.h"
#include "quant/load_block.h"

namespace hearth::quant {

void dequantize_row_q2_k(const std::byte* blocks, float* values, std::int64_t n) {
  for (std::int64_t i = 0; i < n / 256; ++i) {
    const auto block = load_block<BlockQ2_K>(blocks, i);
    float* out = values + i * 256;
    const float d = base::f16_to_f32(block.d);
    const float dmin = base::f16_to_f32(block.dmin);
    for (int e = 0; e < 256; ++e) {
      const int q = (block.qs[32 * (e / 128) + e % 32] >> (2 * (e % 128 / 32))) & 3;
      const float scale = d * static_cast<float>(block.scales[e / 16] & 15);
      const float minimum = dmin * static_cast<float>(block.scales[e / 16] >> 4);
      out[e] = scale * static_cast<float>(q) - minimum;
    }
  }
}

}  // namespace hearth::quant
