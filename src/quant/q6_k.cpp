#include "quant/q6_k.h"

#include "base/float16.h"
#include "quant/load_block.h"

namespace hearth::quant {

void dequantize_row_q6_k(const std::byte* blocks, float* values, std::int64_t n) {
  for (std::int64_t i = 0; i < n / 256; ++i) {
    const auto block = load_block<BlockQ6_K>(blocks, i);
    float* out = values + i * 256;
    const float d = base::f16_to_f32(block.d);
    for (int e = 0; e < 256; ++e) {
      const int c = e / 128;
      const int j = e % 128 / 32;
      const int l = e % 32;
      const int low = (block.ql[64 * c + 32 * (j & 1) + l] >> (4 * (j >> 1))) & 15;
      const int high = (block.qh[32 * c + l] >> (2 * j)) & 3;
      out[e] = d * static_cast<float>(block.scales[e / 16]) * static_cast<float>((low | (high << 4)) - 32);
    }
  }
}

}  // namespace hearth::quant
