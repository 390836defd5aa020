// IQ1_M: 256 weights in 56 bytes, rows of 8 from a grid of 2048, a 3-bit scale per 16, a shift per 8.
//
// Source: GGML block format IQ1_M (ggml-common.h block_iq1_m). The fp16 factor d has no field of its own: its bits are
// the top nibbles of the four words of scales. Weights as in IQ1_S.
#include "base/float16.h"
#include "quant/integer_block.h"
#include "quant/iq_grids.h"
#include "quant/load_block.h"

namespace hearth::quant {
namespace {

struct BlockIQ1_M {
  std::uint8_t index[32];   // 0: low 8 bits of the grid rows
  std::uint8_t high[16];    // 32: a nibble per row, low first: bits 8..10 of the row, the sign of the shift
  std::uint16_t scales[4];  // 48: four times 3 bits of scale, a nibble of d on top
};
static_assert(sizeof(BlockIQ1_M) == 56);

}  // namespace

void decode_iq1_m(const std::byte* block, IntegerBlock& out) {
  const auto b = load_block<BlockIQ1_M>(block, 0);
  const unsigned half =
      (b.scales[0] >> 12) | ((b.scales[1] >> 8) & 0xF0U) | ((b.scales[2] >> 4) & 0xF00U) | (b.scales[3] & 0xF000U);
  const float d = base::f16_to_f32(static_cast<std::uint16_t>(half));
  for (int s = 0; s < 16; ++s) {
    const int scale = (b.scales[s / 4] >> (3 * (s % 4))) & 7;
    out.scales[s] = d * static_cast<float>(2 * scale + 1) * 0.125F;
  }
  for (int r = 0; r < 32; ++r) {
    const unsigned high = (static_cast<unsigned>(b.high[r / 2]) >> (4 * (r % 2))) & 15;
    put_shifted_row(kIq1Grid[b.index[r] | ((high & 7) << 8)], (high & 8) != 0 ? -1 : 1, out.q + 8 * r);
  }
}

}  // namespace hearth::quant
