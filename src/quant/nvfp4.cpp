// NVFP4: 64 weights in 36 bytes, E2M1 numbers under an unsigned E4M3 scale per 16.
//
// Source: GGML block format NVFP4 (ggml-common.h block_nvfp4): four scales, then 8 bytes of nibbles per 16 weights. A
// factor of the whole tensor is a tensor of its own (NAME.scale) and not part of these values.
#include <cmath>

#include "quant/code_books.h"
#include "quant/integer_block.h"

namespace hearth::quant {
namespace {

float unsigned_e4m3(unsigned code) {
  const auto exponent = static_cast<int>((code >> 3) & 15);
  const auto mantissa = static_cast<float>(code & 7);
  if (code == 0x7F) {
    return 0.0F;
  }
  return exponent == 0 ? mantissa * 0x1p-9F : std::ldexp(1.0F + mantissa / 8.0F, exponent - 7);
}

}  // namespace

void decode_nvfp4(const std::byte* block, IntegerBlock& out) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(block);
  for (int s = 0; s < 4; ++s) {
    out.scales[s] = 0.5F * unsigned_e4m3(bytes[s]);
    put_code_book_values<8>(kE2m1Doubled, bytes + 4 + 8 * s, out.q + 16 * s);
  }
}

}  // namespace hearth::quant
