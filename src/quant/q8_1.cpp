// Q8_1: 32 weights in 36 bytes, 8 bits each and one fp16 scale.
//
// Source: GGML block format Q8_1 (ggml-common.h block_q8_1). ggml keeps activations in it; no converter writes weights
// so.
#include "base/float16.h"
#include "quant/integer_block.h"
#include "quant/load_block.h"

namespace hearth::quant {
namespace {

struct BlockQ8_1 {
  std::uint16_t d;     // 0: scale, binary16
  std::uint16_t s;     // 2: scale times the sum of the weights' integers, binary16
  std::int8_t qs[32];  // 4
};
static_assert(sizeof(BlockQ8_1) == 36);

}  // namespace

void decode_q8_1(const std::byte* block, IntegerBlock& out) {
  const auto b = load_block<BlockQ8_1>(block, 0);
  std::memcpy(out.q, b.qs, sizeof(b.qs));
  out.scales[0] = base::f16_to_f32(b.d);
  out.scales[1] = out.scales[0];
}

}  // namespace hearth::quant
