// The look-up grids of the IQ encodings: rows of 4 or 8 weights that occur together.
//
// Shared by the decoders iq1_*.cpp, iq2_*.cpp and iq3_*.cpp. The tables are generated (iq_grids.cpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "quant/spread_bits.h"

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
  // Bit n of the constant is the parity of the four-bit number n.
  const unsigned parity = (0x6996U >> ((seven_bits ^ (seven_bits >> 4)) & 15)) & 1;
  return seven_bits | (parity << 7);
}

// A row of the grid with the signs of its weights (bit k of `signs`: weight k is negative). Eight bytes at a time, as
// the values of a grid with signs are at least 1.
template <std::size_t kRowSize>
void put_signed_row(const IqRow<kRowSize>& row, unsigned signs, std::int8_t* q) {
  const std::uint64_t negative = spread_bits(signs);
  std::uint64_t values = 0;
  std::memcpy(&values, row.data(), kRowSize);
  values = (values ^ negative) + (negative & kByteOnes);
  std::memcpy(q, &values, kRowSize);
}

// A row of the grid of IQ1_S in eighths, with the shift (1 or -1 eighth) added.
inline void put_shifted_row(const IqRow<8>& row, int shift, std::int8_t* q) {
  for (std::size_t k = 0; k < 8; ++k) {
    q[k] = static_cast<std::int8_t>(8 * row[k] + shift);
  }
}

}  // namespace hearth::quant
