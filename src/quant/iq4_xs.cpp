// IQ4_XS: 256 weights in 136 bytes, 4-bit places in a code book, a 6-bit scale per 32 under one fp16 factor.
//
// Source: GGML block format IQ4_XS (ggml-common.h block_iq4_xs). Weight = d * (scale - 32) * code book.
#include "quant/iq4_xs.h"

#include "base/float16.h"
#include "quant/code_books.h"
#include "quant/integer_block.h"
#include "quant/load_block.h"

namespace hearth::quant {

void decode_iq4_xs(const std::byte* block, IntegerBlock& out) {
  const auto b = load_block<BlockIQ4_XS>(block, 0);
  const float d = base::f16_to_f32(b.d);
  for (int g = 0; g < 8; ++g) {
    const int scale = ((b.scales_low[g / 2] >> (4 * (g % 2))) & 15) | (((b.scales_high >> (2 * g)) & 3) << 4);
    out.scales[2 * g] = d * static_cast<float>(scale - 32);
    out.scales[2 * g + 1] = out.scales[2 * g];
    put_code_book_values<16>(kIq4Values, b.qs + 16 * g, out.q + 32 * g);
  }
}

}  // namespace hearth::quant
