#include "quant/k_scales.h"

#include <gtest/gtest.h>

namespace hearth::quant {
namespace {

TEST(KScales, EveryPairComesBack) {
  for (int shift = 0; shift < 64; ++shift) {
    std::uint8_t packed[12] = {};
    for (int j = 0; j < 8; ++j) {
      pack_k_scale({static_cast<std::uint8_t>((shift + 9 * j) % 64), static_cast<std::uint8_t>((shift + 5 * j) % 64)},
                   j, packed);
    }
    for (int j = 0; j < 8; ++j) {
      EXPECT_EQ(unpack_k_scale(packed, j).scale, (shift + 9 * j) % 64);
      EXPECT_EQ(unpack_k_scale(packed, j).minimum, (shift + 5 * j) % 64);
    }
  }
}

}  // namespace
}  // namespace hearth::quant
