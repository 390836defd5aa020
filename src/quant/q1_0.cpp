// Q1_0: 128 weights of d and -d in 18 bytes, one bit each and one fp16 scale.
//
// Source: GGML block format Q1_0 (ggml-common.h block_q1_0): d, then the bits, least significant first; set is +d.
#include "base/float16.h"
#include "quant/integer_block.h"
#include "quant/load_block.h"
#include "quant/spread_bits.h"

namespace hearth::quant {
namespace {

struct BlockQ1_0 {
  std::uint16_t d;      // 0: scale, binary16
  std::uint8_t qs[16];  // 2: bit e % 8 of byte e / 8
};
static_assert(sizeof(BlockQ1_0) == 18);

}  // namespace

void decode_q1_0(const std::byte* block, IntegerBlock& out) {
  const auto b = load_block<BlockQ1_0>(block, 0);
  for (int j = 0; j < 16; ++j) {
    // 1 where the bit is set, -1 (all ones) where it is not.
    const std::uint64_t signs = ~spread_bits(b.qs[j]) | kByteOnes;
    std::memcpy(out.q + 8 * j, &signs, sizeof(signs));
  }
  for (int s = 0; s < 8; ++s) {
    out.scales[s] = base::f16_to_f32(b.d);
  }
}

}  // namespace hearth::quant
