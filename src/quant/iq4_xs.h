// The block of IQ4_XS, for its decoder and for packing.
#pragma once

#include <cstdint>

namespace hearth::quant {

struct BlockIQ4_XS {
  std::uint16_t d;             // 0: factor of the scales, binary16
  std::uint16_t scales_high;   // 2: top 2 bits of the scale of each group of 32
  std::uint8_t scales_low[4];  // 4: low nibbles of the scales, low first
  std::uint8_t qs[128];        // 8: 16 bytes per group: weight j in the low, 16 + j in the high nibble of byte j
};
static_assert(sizeof(BlockIQ4_XS) == 136);

}  // namespace hearth::quant
