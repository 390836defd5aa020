// What Q3_K and Q6_K share: super-blocks of 256 with a signed 8-bit scale per 16 values that are stored plus a middle.
//
// SignedGroups256<Isa, Kind, kMaxCode, kMiddleBits>: codes reach kMaxCode, and 2^kMiddleBits stands for 0. Kind says
// where its bits lie: decode_head and decode_group.
#pragma once

#include "quant/packed/activation_block.h"
#include "quant/packed/planes.h"

namespace hearth::quant::packed {

template <typename Isa, typename Kind, int kMaxCode, int kMiddleBits>
struct SignedGroups256 {
  using F = typename Isa::F;
  using I = typename Isa::I;
  using Activation = ActivationBlock256;
  static constexpr int kCols = 256;

  struct Head {
    F d;
    I scales[4];  // signed bytes: scales of groups 4 i .. 4 i + 3
  };
  struct Group {
    I w[kGroupVectors];
    I scale_low;   // of columns 0..15
    I scale_high;  // of columns 16..31
  };

  static HEARTH_INLINE void set_scales(const Head& head, int g, Group& group) {
    group.scale_low = Isa::scale_operand(signed_lane_byte<Isa>(head.scales[g / 2], 2 * (g % 2)));
    group.scale_high = Isa::scale_operand(signed_lane_byte<Isa>(head.scales[g / 2], 2 * (g % 2) + 1));
  }
  static HEARTH_INLINE I start(const Activation&) { return Isa::int_zero(); }
  static HEARTH_INLINE I dot(const Group& group, const Activation& a, int g, I sum) {
    sum = Isa::template scaled_dot<kMaxCode, 4>(group.w, a.q + 32 * g, group.scale_low, sum);
    return Isa::template scaled_dot<kMaxCode, 4>(group.w + 4, a.q + 32 * g + 16, group.scale_high, sum);
  }
  static HEARTH_INLINE F finish(const Head& head, const Activation& a, I sum, F acc) {
    I offset = Isa::int_zero();
#pragma GCC unroll 8
    for (int p = 0; p < 8; ++p) {
      const I pair = signed_pair<Isa>(head.scales[p / 2], p % 2);
      offset = Isa::add_int(offset, Isa::dot_pairs(pair, Isa::broadcast(a.sums16 + 2 * p)));
    }
    const I value = Isa::sub_int(sum, Isa::template shift_left<kMiddleBits>(offset));
    return Isa::multiply_add(Isa::to_float(value), Isa::mul(head.d, Isa::floats(a.scale)), acc);
  }
  static HEARTH_INLINE void unpack(const unsigned char* block, float* out) {
    Head head;
    Kind::decode_head(block, head);
    for (int g = 0; g < kCols / kGroupCols; ++g) {
      Group group;
      Kind::decode_group(block, head, g, group);
      for (int k = 0; k < kGroupCols; ++k) {
        const I scale = signed_lane_byte<Isa>(head.scales[g / 2], 2 * (g % 2) + k / 16);
        const F scaled = Isa::mul(head.d, Isa::to_float(scale));
        const F code = column_of<Isa>(group.w, k, -(1 << kMiddleBits));
        Isa::store(out + (g * kGroupCols + k) * Isa::kRows, Isa::mul(scaled, code));
      }
    }
  }
};

}  // namespace hearth::quant::packed
