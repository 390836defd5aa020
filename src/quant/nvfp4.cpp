// NVFP4: 64 weights in 36 bytes, E2M1 numbers under an unsigned E4M3 scale per 16.
//
// Source: GGML block format NVFP4 (ggml-common.h block_nvfp4): four scales, then 8 bytes of nibbles per 16 weights. A
// factor of the whole tensor is a tensor of its own (NAME.scale) and not part of these values.
#include <bit>

#include "quant/code_books.h"
#include "quant/integer_block.h"

namespace hearth::quant {
namespace {

// Half of an unsigned E4M3.
float half_e4m3(unsigned code) {
  const unsigned exponent = (code >> 3) & 15;
  if (code == 0x7F) {
    return 0.0F;
  }
  if (exponent == 0) {
    return static_cast<float>(code & 7) * 0x1p-10F;
  }
  return std::bit_cast<float>(((exponent + 127 - 8) << 23) | ((code & 7) << 20));
}

}  // namespace

void decode_nvfp4(const std::byte* block, IntegerBlock& out) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(block);
  for (int s = 0; s < 4; ++s) {
    out.scales[s] = half_e4m3(bytes[s]);
    put_code_book_values<8>(kE2m1Doubled, bytes + 4 + 8 * s, out.q + 16 * s);
  }
}

}  // namespace hearth::quant
