// IQ2_XXS: 256 weights in 66 bytes, rows of 8 from a grid of 256, a 4-bit scale per 32 under one fp16 factor.
//
// Source: GGML block format IQ2_XXS (ggml-common.h block_iq2_xxs): d, then per 32 weights four grid indices and a
// word with four times seven sign bits and the scale on top. Weight = d * (0.5 + scale) / 4 * grid.
#include "base/float16.h"
#include "quant/integer_block.h"
#include "quant/iq_grids.h"
#include "quant/load_block.h"

namespace hearth::quant {
namespace {

struct BlockIQ2_XXS {
  std::uint16_t d;  // 0: factor of the scales, binary16
  struct {
    std::uint8_t index[4];        // 2 + 8 g: grid rows
    std::uint8_t signs_scale[4];  // 6 + 8 g: 28 bits of signs, 4 of scale
  } groups[8];
};
static_assert(sizeof(BlockIQ2_XXS) == 66);

}  // namespace

void decode_iq2_xxs(const std::byte* block, IntegerBlock& out) {
  const auto b = load_block<BlockIQ2_XXS>(block, 0);
  const float d = base::f16_to_f32(b.d);
  for (int g = 0; g < 8; ++g) {
    std::uint32_t word;
    std::memcpy(&word, b.groups[g].signs_scale, sizeof(word));
    const float scale = d * (0.5F + static_cast<float>(word >> 28)) * 0.25F;
    out.scales[2 * g] = scale;
    out.scales[2 * g + 1] = scale;
    for (int l = 0; l < 4; ++l) {
      put_signed_row(kIq2XxsGrid[b.groups[g].index[l]], kEvenSignMasks[(word >> (7 * l)) & 127],
                     out.q + 32 * g + 8 * l);
    }
  }
}

}  // namespace hearth::quant
