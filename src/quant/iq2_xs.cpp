// IQ2_XS: 256 weights in 74 bytes, rows of 8 from a grid of 512, a 4-bit scale per 16 under one fp16 factor.
//
// Source: GGML block format IQ2_XS (ggml-common.h block_iq2_xs). Weight = d * (0.5 + scale) / 4 * grid.
#include "base/float16.h"
#include "quant/integer_block.h"
#include "quant/iq_grids.h"
#include "quant/load_block.h"

namespace hearth::quant {
namespace {

struct BlockIQ2_XS {
  std::uint16_t d;         // 0: factor of the scales, binary16
  std::uint16_t rows[32];  // 2: grid row in the low 9 bits, seven sign bits above
  std::uint8_t scales[8];  // 66: a nibble per 16 weights, low first
};
static_assert(sizeof(BlockIQ2_XS) == 74);

}  // namespace

void decode_iq2_xs(const std::byte* block, IntegerBlock& out) {
  const auto b = load_block<BlockIQ2_XS>(block, 0);
  const float d = base::f16_to_f32(b.d);
  for (int s = 0; s < 16; ++s) {
    const int scale = (b.scales[s / 2] >> (4 * (s % 2))) & 15;
    out.scales[s] = d * (0.5F + static_cast<float>(scale)) * 0.25F;
  }
  for (int r = 0; r < 32; ++r) {
    put_signed_row(kIq2XsGrid[b.rows[r] & 511], kEvenSignMasks[b.rows[r] >> 9], out.q + 8 * r);
  }
}

}  // namespace hearth::quant
