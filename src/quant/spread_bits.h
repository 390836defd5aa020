// Small fields of a byte spread over the bytes of a word, lowest field first.
//
// Decoders that run as weights are read handle eight or four weights at a time this way.
#pragma once

#include <cstdint>

namespace hearth::quant {

inline constexpr std::uint64_t kByteOnes = 0x0101010101010101U;

// Byte k is all ones where bit k is set, else zero.
inline std::uint64_t spread_bits(unsigned bits) {
  const std::uint64_t own_bit = ((bits & 0xFFU) * kByteOnes) & 0x8040201008040201U;
  return (((own_bit + 0x7F * kByteOnes) >> 7) & kByteOnes) * 0xFF;
}

// Byte k is the k-th pair of bits.
inline std::uint32_t spread_pairs(unsigned byte) {
  const std::uint32_t nibbles = (byte | (byte << 12)) & 0x000F000FU;
  return (nibbles | (nibbles << 6)) & 0x03030303U;
}

}  // namespace hearth::quant
