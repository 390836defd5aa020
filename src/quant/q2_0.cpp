// Q2_0: 64 weights in 18 bytes, 2 bits each and one fp16 scale; value = d * (q - 1).
//
// Source: GGML block format Q2_0 (ggml-common.h block_q2_0): d, then the values, least significant bits first.
#include "base/float16.h"
#include "quant/integer_block.h"
#include "quant/load_block.h"
#include "quant/spread_bits.h"

namespace hearth::quant {
namespace {

struct BlockQ2_0 {
  std::uint16_t d;      // 0: scale, binary16
  std::uint8_t qs[16];  // 2: bits 2 * (e % 4) of byte e / 4
};
static_assert(sizeof(BlockQ2_0) == 18);

}  // namespace

void decode_q2_0(const std::byte* block, IntegerBlock& out) {
  const auto b = load_block<BlockQ2_0>(block, 0);
  for (int j = 0; j < 16; ++j) {
    // Less 1 in every byte, without a borrow from the next.
    const std::uint32_t less_1 = (spread_pairs(b.qs[j]) + 0x7F7F7F7FU) ^ 0x80808080U;
    std::memcpy(out.q + 4 * j, &less_1, sizeof(less_1));
  }
  for (int s = 0; s < 4; ++s) {
    out.scales[s] = base::f16_to_f32(b.d);
  }
}

}  // namespace hearth::quant
