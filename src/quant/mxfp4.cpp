// MXFP4: 32 weights in 17 bytes, E2M1 numbers under a power of two.
//
// Source: OCP Microscaling Formats 1.0 and GGML block format MXFP4 (ggml-common.h block_mxfp4). The factor is
// 2^(e - 127), half of that here since the code book is doubled; nibbles as in Q4_0.
#include "quant/mxfp4.h"

#include <bit>

#include "quant/code_books.h"
#include "quant/integer_block.h"
#include "quant/load_block.h"

namespace hearth::quant {

void decode_mxfp4(const std::byte* block, IntegerBlock& out) {
  const auto b = load_block<BlockMxfp4>(block, 0);
  const std::uint32_t exponent = b.exponent;
  // Half of the two smallest factors are subnormal.
  const std::uint32_t bits = exponent < 2 ? 0x00200000U << exponent : (exponent - 1) << 23;
  out.scales[0] = std::bit_cast<float>(bits);
  out.scales[1] = out.scales[0];
  put_code_book_values<16>(kE2m1Doubled, b.qs, out.q);
}

}  // namespace hearth::quant
