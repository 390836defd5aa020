// IQ3_XXS: 256 weights in 98 bytes, rows of 4 from a grid of 256, a 4-bit scale per 32 under one fp16 factor.
//
// Source: GGML block format IQ3_XXS (ggml-common.h block_iq3_xxs). Weight = d * (0.5 + scale) / 2 * grid.
#include "base/float16.h"
#include "quant/integer_block.h"
#include "quant/iq_grids.h"
#include "quant/load_block.h"

namespace hearth::quant {
namespace {

struct BlockIQ3_XXS {
  std::uint16_t d;                 // 0: factor of the scales, binary16
  std::uint8_t index[64];          // 2: grid rows, 4 weights each
  std::uint8_t signs_scale[8][4];  // 66: per 32 weights four times seven sign bits, one per 8 weights; scale on top
};
static_assert(sizeof(BlockIQ3_XXS) == 98);

}  // namespace

void decode_iq3_xxs(const std::byte* block, IntegerBlock& out) {
  const auto b = load_block<BlockIQ3_XXS>(block, 0);
  const float d = base::f16_to_f32(b.d);
  for (int g = 0; g < 8; ++g) {
    std::uint32_t word;
    std::memcpy(&word, b.signs_scale[g], sizeof(word));
    const float scale = d * (0.5F + static_cast<float>(word >> 28)) * 0.5F;
    out.scales[2 * g] = scale;
    out.scales[2 * g + 1] = scale;
    for (int l = 0; l < 4; ++l) {
      const std::uint8_t* index = b.index + 8 * g + 2 * l;
      put_signed_rows(kIq3XxsGrid[index[0]], kIq3XxsGrid[index[1]], kEvenSignMasks[(word >> (7 * l)) & 127],
                      out.q + 32 * g + 8 * l);
    }
  }
}

}  // namespace hearth::quant
