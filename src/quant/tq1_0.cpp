// TQ1_0: 256 weights of -1, 0 and 1 in 54 bytes, five (in the last bytes four) to a byte, and one fp16 scale.
//
// Source: GGML block format TQ1_0 (ggml-common.h block_tq1_0). A byte is a fraction of 256 in base 3: times 3^n modulo
// 256 brings trit n to its front.
#include "base/float16.h"
#include "quant/integer_block.h"
#include "quant/load_block.h"

namespace hearth::quant {
namespace {

struct BlockTQ1_0 {
  std::uint8_t qs[48];  // 0: trit n of byte j < 32 is weight 32 * n + j; of byte 32 + j weight 160 + 16 * n + j
  std::uint8_t qh[4];   // 48: trit n of byte j is weight 240 + 4 * n + j
  std::uint16_t d;      // 52: scale, binary16
};
static_assert(sizeof(BlockTQ1_0) == 54);

// n_trits of each of kBytes bytes; trit n of all bytes comes before trit n + 1.
template <int kBytes>
std::int8_t* put_trits(const std::uint8_t* bytes, int n_trits, std::int8_t* q) {
  std::uint8_t rest[kBytes];
  std::memcpy(rest, bytes, kBytes);
  for (int n = 0; n < n_trits; ++n) {
    for (int j = 0; j < kBytes; ++j) {
      const auto tripled = static_cast<std::uint16_t>(rest[j] * 3);
      q[j] = static_cast<std::int8_t>((tripled >> 8) - 1);
      rest[j] = static_cast<std::uint8_t>(tripled);
    }
    q += kBytes;
  }
  return q;
}

}  // namespace

void decode_tq1_0(const std::byte* block, IntegerBlock& out) {
  const auto b = load_block<BlockTQ1_0>(block, 0);
  std::int8_t* q = put_trits<32>(b.qs, 5, out.q);
  q = put_trits<16>(b.qs + 32, 5, q);
  put_trits<4>(b.qh, 4, q);
  for (float& scale : out.scales) {
    scale = base::f16_to_f32(b.d);
  }
}

}  // namespace hearth::quant
