// The look-up grids of the IQ encodings: rows of 4 or 8 weights that occur together.
//
// Shared by the decoders iq1_*.cpp, iq2_*.cpp and iq3_*.cpp. The tables are generated (iq_grids.cpp).
#pragma once

#include <array>
#include <bit>
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
constexpr std::uint8_t even_signs(unsigned seven_bits) {
  return static_cast<std::uint8_t>(seven_bits | (static_cast<unsigned>(std::popcount(seven_bits) & 1) << 7));
}

inline constexpr auto kEvenSignMasks = [] {
  std::array<std::uint64_t, 128> table{};
  for (unsigned i = 0; i < 128; ++i) {
    table[i] = kSpreadBits[even_signs(i)];
  }
  return table;
}();

// Eight weights, their bytes in memory order. negative: all ones in the bytes of weights that are to be negated. The
// values of a grid with signs are at least 1, so that no byte carries into the next.
inline void put_signed(std::uint64_t values, std::uint64_t negative, std::int8_t* q) {
  values = (values ^ negative) + (negative & kByteOnes);
  std::memcpy(q, &values, sizeof(values));
}

inline void put_signed_row(const IqRow<8>& row, std::uint64_t negative, std::int8_t* q) {
  put_signed(std::bit_cast<std::uint64_t>(row), negative, q);
}

inline void put_signed_rows(const IqRow<4>& first, const IqRow<4>& second, std::uint64_t negative, std::int8_t* q) {
  const std::uint64_t high = std::bit_cast<std::uint32_t>(second);
  put_signed(std::bit_cast<std::uint32_t>(first) | (high << 32), negative, q);
}

// A row of the grid of IQ1_S in eighths, with the shift (1 or -1 eighth) added.
inline void put_shifted_row(const IqRow<8>& row, int shift, std::int8_t* q) {
  constexpr std::uint64_t kTop = 0x80 * kByteOnes;
  const std::uint64_t eighths = (std::bit_cast<std::uint64_t>(row) << 3) & (0xF8 * kByteOnes);
  const std::uint64_t shifts = static_cast<std::uint8_t>(shift) * kByteOnes;
  // A sum per byte: the top bits are added apart, so that nothing carries over.
  const std::uint64_t values = ((eighths & ~kTop) + (shifts & ~kTop)) ^ ((eighths ^ shifts) & kTop);
  std::memcpy(q, &values, sizeof(values));
}

}  // namespace hearth::quant
