// TQ2_0: 256 weights of -1, 0 and 1 in 66 bytes, 2 bits each and one fp16 scale.
//
// Source: GGML block format TQ2_0 (ggml-common.h block_tq2_0). The order of the bits is that of Q2_K.
#include "base/float16.h"
#include "quant/integer_block.h"
#include "quant/load_block.h"

namespace hearth::quant {
namespace {

struct BlockTQ2_0 {
  std::uint8_t qs[64];  // 0: bits 2 * (e % 128 / 32) of byte 32 * (e / 128) + e % 32: weight e, plus 1
  std::uint16_t d;      // 64: scale, binary16
};
static_assert(sizeof(BlockTQ2_0) == 66);

}  // namespace

void decode_tq2_0(const std::byte* block, IntegerBlock& out) {
  const auto b = load_block<BlockTQ2_0>(block, 0);
  for (int row = 0; row < 8; ++row) {
    const int shift = 2 * (row % 4);
    for (int l = 0; l < 32; ++l) {
      out.q[32 * row + l] = static_cast<std::int8_t>(((b.qs[32 * (row / 4) + l] >> shift) & 3) - 1);
    }
  }
  for (float& scale : out.scales) {
    scale = base::f16_to_f32(b.d);
  }
}

}  // namespace hearth::quant
