// MXFP4: 32 weights in 17 bytes, E2M1 numbers under a power of two.
//
// Source: OCP Microscaling Formats 1.0 and GGML block format MXFP4 (ggml-common.h block_mxfp4). The factor is
// 2^(e - 127), half of that here since the code book is doubled; nibbles as in Q4_0.
#include <bit>

#include "quant/code_books.h"
#include "quant/integer_block.h"

namespace hearth::quant {

void decode_mxfp4(const std::byte* block, IntegerBlock& out) {
  const auto exponent = static_cast<std::uint32_t>(block[0]);
  // Half of the two smallest factors are subnormal.
  const std::uint32_t bits = exponent < 2 ? 0x00200000U << exponent : (exponent - 1) << 23;
  out.scales[0] = std::bit_cast<float>(bits);
  out.scales[1] = out.scales[0];
  put_code_book_values<16>(kE2m1Doubled, reinterpret_cast<const std::uint8_t*>(block + 1), out.q);
}

}  // namespace hearth::quant
