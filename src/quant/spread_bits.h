// Small fields of a byte spread over the bytes of a word, lowest field first.
//
// Decoders that run as weights are read handle eight or four weights at a time this way.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hearth::quant {

inline constexpr std::uint64_t kByteOnes = 0x0101010101010101U;

inline constexpr auto kSpreadBits = [] {
  std::array<std::uint64_t, 256> table{};
  for (std::size_t byte = 0; byte < table.size(); ++byte) {
    for (std::size_t k = 0; k < 8; ++k) {
      table[byte] |= ((byte >> k) & 1) != 0 ? std::uint64_t{0xFF} << (8 * k) : 0;
    }
  }
  return table;
}();

// Byte k is all ones where bit k is set, else zero.
inline std::uint64_t spread_bits(std::uint8_t bits) {
  return kSpreadBits[bits];
}

// Byte k is the k-th pair of bits.
inline std::uint32_t spread_pairs(unsigned byte) {
  const std::uint32_t nibbles = (byte | (byte << 12)) & 0x000F000FU;
  return (nibbles | (nibbles << 6)) & 0x03030303U;
}

}  // namespace hearth::quant
