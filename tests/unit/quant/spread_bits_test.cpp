#include "quant/spread_bits.h"

#include <gtest/gtest.h>

namespace hearth::quant {
namespace {

TEST(SpreadBits, GivesEveryFieldItsByte) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const std::uint64_t masks = spread_bits(static_cast<std::uint8_t>(byte));
    for (unsigned k = 0; k < 8; ++k) {
      EXPECT_EQ((masks >> (8 * k)) & 0xFF, ((byte >> k) & 1) != 0 ? 0xFFU : 0U);
    }
    const std::uint32_t pairs = spread_pairs(byte);
    for (unsigned k = 0; k < 4; ++k) {
      EXPECT_EQ((pairs >> (8 * k)) & 0xFF, (byte >> (2 * k)) & 3);
    }
  }
}

}  // namespace
}  // namespace hearth::quant
