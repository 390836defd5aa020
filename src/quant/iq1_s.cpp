// IQ1_S: 256 weights in 50 bytes, rows of 8 from a grid of 2048, a 3-bit scale and a shift per 32.
//
// Source: GGML block format IQ1_S (ggml-common.h block_iq1_s). Weight = d * (2 * scale + 1) * (grid ± 1/8); held as
// (8 * grid ± 1) under an eighth of the scale, which is the same number.
#include "base/float16.h"
#include "quant/integer_block.h"
#include "quant/iq_grids.h"
#include "quant/load_block.h"

namespace hearth::quant {
namespace {

struct BlockIQ1_S {
  std::uint16_t d;         // 0: factor of the scales, binary16
  std::uint8_t index[32];  // 2: low 8 bits of the grid rows
  std::uint16_t high[8];   // 34: per 32 weights bits 8..10 of four rows, the scale, the sign of the shift
};
static_assert(sizeof(BlockIQ1_S) == 50);

}  // namespace

void decode_iq1_s(const std::byte* block, IntegerBlock& out) {
  const auto b = load_block<BlockIQ1_S>(block, 0);
  const float d = base::f16_to_f32(b.d);
  for (int g = 0; g < 8; ++g) {
    const unsigned high = b.high[g];
    const float scale = d * static_cast<float>(2 * ((high >> 12) & 7) + 1) * 0.125F;
    const int shift = (high & 0x8000U) != 0 ? -1 : 1;
    out.scales[2 * g] = scale;
    out.scales[2 * g + 1] = scale;
    for (int l = 0; l < 4; ++l) {
      put_shifted_row(kIq1Grid[b.index[4 * g + l] | (((high >> (3 * l)) & 7) << 8)], shift, out.q + 32 * g + 8 * l);
    }
  }
}

}  // namespace hearth::quant
