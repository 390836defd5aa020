// The look-up grids of the IQ encodings: rows of 4 or 8 weights that occur together.
//
// Shared by the decoders iq1_*.cpp, iq2_*.cpp and iq3_*.cpp. The tables are generated (iq_grids.cpp).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace hearth::quant {

template <std::size_t kRowSize>
using IqRow = std::array<std::int8_t, kRowSize>;

extern const std::array<IqRow<8>, 256> kIq2XxsGrid;
extern const std::array<IqRow<8>, 512> kIq2XsGrid;
extern const std::array<IqRow<8>, 1024> kIq2SGrid;
extern const std::array<IqRow<4>, 256> kIq3XxsGrid;
extern const std::array<IqRow<4>, 512> kIq3SGrid;
extern const std::array<IqRow<8>, 2048> kIq1Grid;  // of IQ1_S and IQ1_M

// Seven sign bits and an eighth that makes their number even. Bit k set: weight k is negative.
inline unsigned even_signs(unsigned seven_bits) {
  return seven_bits | (static_cast<unsigned>(std::popcount(seven_bits) & 1) << 7);
}

// A row of the grid with the signs of its weights (bit k of `signs`: weight k is negative). Eight bytes at a time, as
// the values of a grid with signs are at least 1: byte k of `negative` is all ones where the sign is set.
template <std::size_t kRowSize>
void put_signed_row(const IqRow<kRowSize>& row, unsigned signs, std::int8_t* q) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  const std::uint64_t bits = ((signs & 0xFFU) * kOnes) & 0x8040201008040201U;
  const std::uint64_t negative = (((bits + 0x7F * kOnes) >> 7) & kOnes) * 0xFF;
  std::uint64_t values = 0;
  std::memcpy(&values, row.data(), kRowSize);
  values = (values ^ negative) + (negative & kOnes);
  std::memcpy(q, &values, kRowSize);
}

// A row of the grid of IQ1_S in eighths, with the shift (1 or -1 eighth) added.
inline void put_shifted_row(const IqRow<8>& row, int shift, std::int8_t* q) {
  for (std::size_t k = 0; k < 8; ++k) {
    q[k] = static_cast<std::int8_t>(8 * row[k] + shift);
  }
}

}  // namespace hearth::quant
