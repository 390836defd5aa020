// IQ4_NL: 32 weights in 18 bytes, 4-bit places in a code book of 16 values and one fp16 scale.
//
// Source: GGML block format IQ4_NL (ggml-common.h block_iq4_nl). Nibbles as in Q4_0.
#include "base/float16.h"
#include "quant/code_books.h"
#include "quant/integer_block.h"
#include "quant/load_block.h"
#include "quant/q4_0.h"

namespace hearth::quant {

void decode_iq4_nl(const std::byte* block, IntegerBlock& out) {
  const auto b = load_block<BlockQ4_0>(block, 0);
  out.scales[0] = base::f16_to_f32(b.d);
  out.scales[1] = out.scales[0];
  put_code_book_values<16>(kIq4Values, b.qs, out.q);
}

}  // namespace hearth::quant
