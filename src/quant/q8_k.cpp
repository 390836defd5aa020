// Q8_K: 256 weights in 292 bytes, 8 bits each and one fp32 scale.
//
// Source: GGML block format Q8_K (ggml-common.h block_q8_K). ggml keeps activations in it; no converter writes weights
// so.
#include "quant/integer_block.h"
#include "quant/load_block.h"

namespace hearth::quant {
namespace {

struct BlockQ8_K {
  float d;                // 0: scale
  std::int8_t qs[256];    // 4
  std::int16_t sums[16];  // 260: of 16 weights each
};
static_assert(sizeof(BlockQ8_K) == 292);

}  // namespace

void decode_q8_k(const std::byte* block, IntegerBlock& out) {
  const auto b = load_block<BlockQ8_K>(block, 0);
  std::memcpy(out.q, b.qs, sizeof(b.qs));
  for (float& scale : out.scales) {
    scale = b.d;
  }
}

}  // namespace hearth::quant
