#include "quant/q3_k.h"

#include "base/float16.h"
#include "quant/load_block.h"

namespace hearth::quant {

void dequantize_row_q3_k(const std::byte* blocks, float* values, std::int64_t n) {
  for (std::int64_t i = 0; i < n / 256; ++i) {
    const auto block = load_block<BlockQ3_K>(blocks, i);
    float* out = values + i * 256;
    const float d = base::f16_to_f32(block.d);
    for (int e = 0; e < 256; ++e) {
      const int g = e / 16;
      const int low = g < 8 ? block.scales[g] & 15 : block.scales[g - 8] >> 4;
      const int scale = low | (((block.scales[8 + g % 4] >> (2 * (g / 4))) & 3) << 4);
      const int two_bits = (block.qs[32 * (e / 128) + e % 32] >> (2 * (e % 128 / 32))) & 3;
      const int q = ((block.hmask[e % 32] >> (e / 32)) & 1) != 0 ? two_bits : two_bits - 4;
      out[e] = d * static_cast<float>(scale - 32) * static_cast<float>(q);
    }
  }
}

}  // namespace hearth::quant
