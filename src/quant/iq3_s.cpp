// IQ3_S: 256 weights in 110 bytes, rows of 4 from a grid of 512, a 4-bit scale per 32 under one fp16 factor.
//
// Source: GGML block format IQ3_S (ggml-common.h block_iq3_s). Weight = d * (1 + 2 * scale) * grid.
#include "base/float16.h"
#include "quant/integer_block.h"
#include "quant/iq_grids.h"
#include "quant/load_block.h"

namespace hearth::quant {
namespace {

struct BlockIQ3_S {
  std::uint16_t d;         // 0: factor of the scales, binary16
  std::uint8_t index[64];  // 2: low 8 bits of the grid rows, 4 weights each
  std::uint8_t high[8];    // 66: bit r % 8 of byte r / 8 is bit 8 of grid row r
  std::uint8_t signs[32];  // 74: bit e % 8 of byte e / 8: weight e is negative
  std::uint8_t scales[4];  // 106: a nibble per 32 weights, low first
};
static_assert(sizeof(BlockIQ3_S) == 110);

}  // namespace

void decode_iq3_s(const std::byte* block, IntegerBlock& out) {
  const auto b = load_block<BlockIQ3_S>(block, 0);
  const float d = base::f16_to_f32(b.d);
  for (int g = 0; g < 8; ++g) {
    const float scale = d * static_cast<float>(1 + 2 * ((b.scales[g / 2] >> (4 * (g % 2))) & 15));
    out.scales[2 * g] = scale;
    out.scales[2 * g + 1] = scale;
  }
  for (int r = 0; r < 64; r += 2) {
    const unsigned high = static_cast<unsigned>(b.high[r / 8]) >> (r % 8);
    const unsigned first = b.index[r] | ((high & 1) << 8);
    const unsigned second = b.index[r + 1] | ((high & 2) << 7);
    put_signed_rows(kIq3SGrid[first], kIq3SGrid[second], spread_bits(b.signs[r / 2]), out.q + 4 * r);
  }
}

}  // namespace hearth::quant
