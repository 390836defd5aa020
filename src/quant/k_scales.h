// The packed 6-bit scales and minimums that Q4_K and Q5_K share: 8 pairs in 12 bytes.
//
// Source: GGML block formats Q4_K and Q5_K (ggml-quants.c, get_scale_min_k4). Pairs 0..3 sit in the low 6 bits of
// bytes 0..3 (scale) and 4..7 (minimum); pairs 4..7 take their low 4 bits from bytes 8..11 and their high 2 bits
// from the top of bytes 0..7.
#pragma once

#include <cstdint>

namespace hearth::quant {

struct KScale {
  std::uint8_t scale;    // 0..63
  std::uint8_t minimum;  // 0..63
};

inline KScale unpack_k_scale(const std::uint8_t (&packed)[12], int j) {
  if (j < 4) {
    return {static_cast<std::uint8_t>(packed[j] & 63), static_cast<std::uint8_t>(packed[j + 4] & 63)};
  }
  return {static_cast<std::uint8_t>((packed[j + 4] & 15) | ((packed[j - 4] >> 6) << 4)),
          static_cast<std::uint8_t>((packed[j + 4] >> 4) | ((packed[j] >> 6) << 4))};
}

// The reverse, into bytes that start as zeros.
inline void pack_k_scale(KScale pair, int j, std::uint8_t (&packed)[12]) {
  if (j < 4) {
    packed[j] = static_cast<std::uint8_t>(packed[j] | pair.scale);
    packed[j + 4] = static_cast<std::uint8_t>(packed[j + 4] | pair.minimum);
    return;
  }
  packed[j + 4] = static_cast<std::uint8_t>((pair.scale & 15) | ((pair.minimum & 15) << 4));
  packed[j - 4] = static_cast<std::uint8_t>(packed[j - 4] | ((pair.scale >> 4) << 6));
  packed[j] = static_cast<std::uint8_t>(packed[j] | ((pair.minimum >> 4) << 6));
}

}  // namespace hearth::quant
