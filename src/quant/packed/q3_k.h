// Q3_K: super-blocks of 256, 3-bit values less 4, groups of 16 with a 6-bit scale less 32.
//
// A block: kRows f16 d, the 12 bytes of scales as stored (quant/q3_k.h), a dword of each row side by side, then per 32
// columns the 1-bit plane of the high bits and the 2-bit plane: 110 bytes per row as in the source.
#pragma once

#include "quant/packed/activation_block.h"
#include "quant/packed/planes.h"

namespace hearth::quant::packed {

template <typename Isa>
struct Q3K {
  using F = typename Isa::F;
  using I = typename Isa::I;
  using Activation = ActivationBlock256;
  static constexpr int kCols = 256;
  static constexpr int kBlockBytes = 110 * Isa::kRows;

  struct Head {
    F d;
    I scales[4];  // signed bytes: scales of groups 4 i .. 4 i + 3, less 32
  };
  struct Group {
    I w[kGroupVectors];
    I scale_low;   // of columns 0..15
    I scale_high;  // of columns 16..31
  };

  // Four bytes of 6 bits to signed bytes less 32: bits 5, 6 and 7 are set where bit 5 was not.
  static HEARTH_INLINE I less_32(I six_bits) {
    const I sign = Isa::sub_int(Isa::bytes(0x20), Isa::bit_and(six_bits, Isa::bytes(0x20)));
    const I high = Isa::bit_or(sign, Isa::bit_or(Isa::template shift_left<1>(sign), Isa::template shift_left<2>(sign)));
    return Isa::bit_or(Isa::bit_and(six_bits, Isa::bytes(0x1F)), high);
  }

  static HEARTH_INLINE void decode_head(const unsigned char* block, Head& head) {
    head.d = Isa::load_f16(block);
    const I a = Isa::load_bytes(block + 2 * Isa::kRows);
    const I b = Isa::load_bytes(block + 6 * Isa::kRows);
    const I c = Isa::load_bytes(block + 10 * Isa::kRows);
    const I low4 = Isa::bytes(0x0F);
    const I high2 = Isa::bytes(0x30);
    const I c0 = Isa::bit_and(Isa::template shift_left<4>(c), high2);
    const I c1 = Isa::bit_and(Isa::template shift_left<2>(c), high2);
    const I c2 = Isa::bit_and(c, high2);
    const I c3 = Isa::bit_and(Isa::template shift_right<2>(c), high2);
    head.scales[0] = less_32(Isa::bit_or(Isa::bit_and(a, low4), c0));
    head.scales[1] = less_32(Isa::bit_or(Isa::bit_and(b, low4), c1));
    head.scales[2] = less_32(Isa::bit_or(Isa::bit_and(Isa::template shift_right<4>(a), low4), c2));
    head.scales[3] = less_32(Isa::bit_or(Isa::bit_and(Isa::template shift_right<4>(b), low4), c3));
  }
  static HEARTH_INLINE void decode_group(const unsigned char* block, const Head& head, int g, Group& group) {
    const unsigned char* planes = block + (14 + 12 * g) * Isa::kRows;
    decode_pairs<Isa>(planes + 4 * Isa::kRows, group.w);
    add_third_bit<Isa>(planes, group.w);
    group.scale_low = Isa::scale_operand(signed_lane_byte<Isa>(head.scales[g / 2], 2 * (g % 2)));
    group.scale_high = Isa::scale_operand(signed_lane_byte<Isa>(head.scales[g / 2], 2 * (g % 2) + 1));
  }
  static HEARTH_INLINE I start(const Activation&) { return Isa::int_zero(); }
  static HEARTH_INLINE I dot(const Group& group, const Activation& a, int g, I sum) {
    sum = Isa::template scaled_dot<7, 4>(group.w, a.q + 32 * g, group.scale_low, sum);
    return Isa::template scaled_dot<7, 4>(group.w + 4, a.q + 32 * g + 16, group.scale_high, sum);
  }
  static HEARTH_INLINE F finish(const Head& head, const Activation& a, I sum, F acc) {
    I offset = Isa::int_zero();
#pragma GCC unroll 8
    for (int p = 0; p < 8; ++p) {
      const I pair = signed_pair<Isa>(head.scales[p / 2], p % 2);
      offset = Isa::add_int(offset, Isa::dot_pairs(pair, Isa::broadcast(a.sums16 + 2 * p)));
    }
    const I value = Isa::sub_int(sum, Isa::template shift_left<2>(offset));
    return Isa::multiply_add(Isa::to_float(value), Isa::mul(head.d, Isa::floats(a.scale)), acc);
  }
  static HEARTH_INLINE void unpack(const unsigned char* block, float* out) {
    Head head;
    decode_head(block, head);
    for (int g = 0; g < kCols / kGroupCols; ++g) {
      Group group;
      decode_group(block, head, g, group);
      for (int k = 0; k < kGroupCols; ++k) {
        const I scale = signed_lane_byte<Isa>(head.scales[g / 2], 2 * (g % 2) + k / 16);
        const F scaled = Isa::mul(head.d, Isa::to_float(scale));
        Isa::store(out + (g * kGroupCols + k) * Isa::kRows, Isa::mul(scaled, column_of<Isa>(group.w, k, -4)));
      }
    }
  }
};

}  // namespace hearth::quant::packed
