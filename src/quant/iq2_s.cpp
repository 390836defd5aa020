// IQ2_S: 256 weights in 82 bytes, rows of 8 from a grid of 1024, a 4-bit scale per 16 under one fp16 factor.
//
// Source: GGML block format IQ2_S (ggml-common.h block_iq2_s). Weight = d * (0.5 + scale) / 4 * grid.
#include "base/float16.h"
#include "quant/integer_block.h"
#include "quant/iq_grids.h"
#include "quant/load_block.h"

namespace hearth::quant {
namespace {

struct BlockIQ2_S {
  std::uint16_t d;         // 0: factor of the scales, binary16
  std::uint8_t index[32];  // 2: low 8 bits of the grid rows
  std::uint8_t signs[32];  // 34: bit k of byte r: weight 8 * r + k is negative
  std::uint8_t high[8];    // 66: bits 8 and 9 of the grid rows, four rows per byte
  std::uint8_t scales[8];  // 74: a nibble per 16 weights, low first
};
static_assert(sizeof(BlockIQ2_S) == 82);

}  // namespace

void decode_iq2_s(const std::byte* block, IntegerBlock& out) {
  const auto b = load_block<BlockIQ2_S>(block, 0);
  const float d = base::f16_to_f32(b.d);
  for (int s = 0; s < 16; ++s) {
    const int scale = (b.scales[s / 2] >> (4 * (s % 2))) & 15;
    out.scales[s] = d * (0.5F + static_cast<float>(scale)) * 0.25F;
  }
  for (int r = 0; r < 32; ++r) {
    const unsigned index = b.index[r] | (((b.high[r / 4] >> (2 * (r % 4))) & 3U) << 8);
    put_signed_row(kIq2SGrid[index], spread_bits(b.signs[r]), out.q + 8 * r);
  }
}

}  // namespace hearth::quant
