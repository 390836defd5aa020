#include "quant/q4_k.h"

#include "base/float16.h"
#include "quant/k_scales.h"
#include "quant/load_block.h"

namespace hearth::quant {

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

}  // namespace hearth::quant
