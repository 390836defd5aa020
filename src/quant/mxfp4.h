// The block of MXFP4, for its decoder and for packing.
#pragma once

#include <cstdint>

namespace hearth::quant {

struct BlockMxfp4 {
  std::uint8_t exponent;  // 0: the factor is 2^(exponent - 127)
  std::uint8_t qs[16];    // 1: byte j holds weight j (low nibble) and weight j + 16 (high nibble)
};
static_assert(sizeof(BlockMxfp4) == 17);

}  // namespace hearth::quant
