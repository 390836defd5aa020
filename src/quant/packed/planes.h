// Bit planes: how 32 columns of kRows rows lie in a panel, and how they become eight vectors of unsigned bytes.
//
// Vector i of a group holds columns 4 i .. 4 i + 3: 32-bit lane r is row r, byte b is column 4 i + b. That is the
// operand order of the integer dot products: one dword of activations is broadcast to all lanes.
// Used by the packed kinds' decode functions; Isa is the trait of a level (kernels/isa/<level>/trait.h).
#pragma once

#include <cstdint>

#include "quant/packed/inline.h"

namespace hearth::quant::packed {

inline constexpr int kGroupCols = 32;
inline constexpr int kGroupVectors = kGroupCols / 4;

// 4-bit plane, 16 bytes per row: byte vector v has column 4 v + b in the low and 16 + 4 v + b in the high nibble.
template <typename Isa>
HEARTH_INLINE void decode_nibbles(const unsigned char* plane, typename Isa::I (&w)[kGroupVectors]) {
  const auto mask = Isa::bytes(0x0F);
#pragma GCC unroll 4
  for (int v = 0; v < 4; ++v) {
    const auto q = Isa::load_bytes(plane + v * 4 * Isa::kRows);
    w[v] = Isa::bit_and(q, mask);
    w[v + 4] = Isa::bit_and(Isa::template shift_right<4>(q), mask);
  }
}

// 1-bit plane, 4 bytes per row: bit i of byte b is bit 4 of column 4 i + b.
template <typename Isa>
HEARTH_INLINE void add_fifth_bit(const unsigned char* plane, typename Isa::I (&w)[kGroupVectors]) {
  const auto mask = Isa::bytes(0x10);
  const auto h = Isa::load_bytes(plane);
  w[0] = Isa::bit_or(w[0], Isa::bit_and(Isa::template shift_left<4>(h), mask));
  w[1] = Isa::bit_or(w[1], Isa::bit_and(Isa::template shift_left<3>(h), mask));
  w[2] = Isa::bit_or(w[2], Isa::bit_and(Isa::template shift_left<2>(h), mask));
  w[3] = Isa::bit_or(w[3], Isa::bit_and(Isa::template shift_left<1>(h), mask));
  w[4] = Isa::bit_or(w[4], Isa::bit_and(h, mask));
  w[5] = Isa::bit_or(w[5], Isa::bit_and(Isa::template shift_right<1>(h), mask));
  w[6] = Isa::bit_or(w[6], Isa::bit_and(Isa::template shift_right<2>(h), mask));
  w[7] = Isa::bit_or(w[7], Isa::bit_and(Isa::template shift_right<3>(h), mask));
}

// The same plane as bit 2.
template <typename Isa>
HEARTH_INLINE void add_third_bit(const unsigned char* plane, typename Isa::I (&w)[kGroupVectors]) {
  const auto mask = Isa::bytes(0x04);
  const auto h = Isa::load_bytes(plane);
  w[0] = Isa::bit_or(w[0], Isa::bit_and(Isa::template shift_left<2>(h), mask));
  w[1] = Isa::bit_or(w[1], Isa::bit_and(Isa::template shift_left<1>(h), mask));
  w[2] = Isa::bit_or(w[2], Isa::bit_and(h, mask));
  w[3] = Isa::bit_or(w[3], Isa::bit_and(Isa::template shift_right<1>(h), mask));
  w[4] = Isa::bit_or(w[4], Isa::bit_and(Isa::template shift_right<2>(h), mask));
  w[5] = Isa::bit_or(w[5], Isa::bit_and(Isa::template shift_right<3>(h), mask));
  w[6] = Isa::bit_or(w[6], Isa::bit_and(Isa::template shift_right<4>(h), mask));
  w[7] = Isa::bit_or(w[7], Isa::bit_and(Isa::template shift_right<5>(h), mask));
}

// 2-bit plane, 8 bytes per row in two vectors: bits 2 j of byte b of vector h are column 16 h + 4 j + b.
template <typename Isa>
HEARTH_INLINE void decode_pairs(const unsigned char* plane, typename Isa::I (&w)[kGroupVectors]) {
  const auto mask = Isa::bytes(0x03);
#pragma GCC unroll 2
  for (int h = 0; h < 2; ++h) {
    const auto q = Isa::load_bytes(plane + h * 4 * Isa::kRows);
    w[4 * h] = Isa::bit_and(q, mask);
    w[4 * h + 1] = Isa::bit_and(Isa::template shift_right<2>(q), mask);
    w[4 * h + 2] = Isa::bit_and(Isa::template shift_right<4>(q), mask);
    w[4 * h + 3] = Isa::bit_and(Isa::template shift_right<6>(q), mask);
  }
}

// The same plane as bits 4 and 5 on top of a 4-bit plane.
template <typename Isa>
HEARTH_INLINE void add_high_pairs(const unsigned char* plane, typename Isa::I (&w)[kGroupVectors]) {
  const auto mask = Isa::bytes(0x30);
#pragma GCC unroll 2
  for (int h = 0; h < 2; ++h) {
    const auto q = Isa::load_bytes(plane + h * 4 * Isa::kRows);
    w[4 * h] = Isa::bit_or(w[4 * h], Isa::bit_and(Isa::template shift_left<4>(q), mask));
    w[4 * h + 1] = Isa::bit_or(w[4 * h + 1], Isa::bit_and(Isa::template shift_left<2>(q), mask));
    w[4 * h + 2] = Isa::bit_or(w[4 * h + 2], Isa::bit_and(q, mask));
    w[4 * h + 3] = Isa::bit_or(w[4 * h + 3], Isa::bit_and(Isa::template shift_right<2>(q), mask));
  }
}

// Byte `index` (0..3) of every lane as a number.
template <typename Isa>
HEARTH_INLINE typename Isa::I lane_byte(typename Isa::I lanes, int index) {
  return Isa::bit_and(Isa::shift_right_by(lanes, 8 * index), Isa::ints(0xFF));
}

// Bytes (0, 1) or (2, 3) of every lane as two 16-bit numbers, the operand of dot_pairs.
template <typename Isa>
HEARTH_INLINE typename Isa::I unsigned_pair(typename Isa::I lanes, int half) {
  const auto two = Isa::shift_right_by(lanes, 16 * half);
  return Isa::bit_or(Isa::bit_and(two, Isa::ints(0xFF)),
                     Isa::template shift_left<8>(Isa::bit_and(two, Isa::ints(0xFF00))));
}

template <typename Isa>
HEARTH_INLINE typename Isa::I signed_lane_byte(typename Isa::I lanes, int index) {
  return Isa::template shift_right_signed<24>(Isa::shift_left_by(lanes, 24 - 8 * index));
}

template <typename Isa>
HEARTH_INLINE typename Isa::I signed_pair(typename Isa::I lanes, int half) {
  const auto low = signed_lane_byte<Isa>(lanes, 2 * half);
  const auto high = signed_lane_byte<Isa>(lanes, 2 * half + 1);
  return Isa::bit_or(Isa::bit_and(low, Isa::ints(0xFFFF)), Isa::template shift_left<16>(high));
}

// One column (0..31) of a decoded group, all rows, as floats: the stored unsigned number plus its implicit offset.
template <typename Isa>
HEARTH_INLINE typename Isa::F column_of(const typename Isa::I (&w)[kGroupVectors], int column, int offset) {
  return Isa::to_float(Isa::add_int(lane_byte<Isa>(w[column / 4], column % 4), Isa::ints(offset)));
}

}  // namespace hearth::quant::packed
