// Q6_K: super-blocks of 256, 6-bit values less 32, groups of 16 with a signed 8-bit scale.
//
// A block: kRows f16 d, four vectors of scales (a dword of each row side by side), then per 32 columns the 2-bit plane
// of the high bits and the 4-bit plane: 210 bytes per row as in the source.
#pragma once

#include "quant/packed/activation_block.h"
#include "quant/packed/planes.h"

namespace hearth::quant::packed {

template <typename Isa>
struct Q6K {
  using F = typename Isa::F;
  using I = typename Isa::I;
  using Activation = ActivationBlock256;
  static constexpr int kCols = 256;
  static constexpr int kBlockBytes = 210 * Isa::kRows;

  struct Head {
    F d;
    I scales[4];  // signed bytes: scales of groups 4 i .. 4 i + 3
  };
  struct Group {
    I w[kGroupVectors];
    I scale_low;   // of columns 0..15
    I scale_high;  // of columns 16..31
  };

  static HEARTH_INLINE void decode_head(const unsigned char* block, Head& head) {
    head.d = Isa::load_f16(block);
    for (int i = 0; i < 4; ++i) {
      head.scales[i] = Isa::load_bytes(block + (2 + 4 * i) * Isa::kRows);
    }
  }
  static HEARTH_INLINE void decode_group(const unsigned char* block, const Head& head, int g, Group& group) {
    const unsigned char* planes = block + (18 + 24 * g) * Isa::kRows;
    decode_nibbles<Isa>(planes + 8 * Isa::kRows, group.w);
    add_high_pairs<Isa>(planes, group.w);
    group.scale_low = Isa::scale_operand(signed_lane_byte<Isa>(head.scales[g / 2], 2 * (g % 2)));
    group.scale_high = Isa::scale_operand(signed_lane_byte<Isa>(head.scales[g / 2], 2 * (g % 2) + 1));
  }
  static HEARTH_INLINE I start(const Activation&) { return Isa::int_zero(); }
  static HEARTH_INLINE I dot(const Group& group, const Activation& a, int g, I sum) {
    sum = Isa::template scaled_dot<63, 4>(group.w, a.q + 32 * g, group.scale_low, sum);
    return Isa::template scaled_dot<63, 4>(group.w + 4, a.q + 32 * g + 16, group.scale_high, sum);
  }
  static HEARTH_INLINE F finish(const Head& head, const Activation& a, I sum, F acc) {
    I offset = Isa::int_zero();
#pragma GCC unroll 8
    for (int p = 0; p < 8; ++p) {
      const I pair = signed_pair<Isa>(head.scales[p / 2], p % 2);
      offset = Isa::add_int(offset, Isa::dot_pairs(pair, Isa::broadcast(a.sums16 + 2 * p)));
    }
    const I value = Isa::sub_int(sum, Isa::template shift_left<5>(offset));
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
        Isa::store(out + (g * kGroupCols + k) * Isa::kRows, Isa::mul(scaled, column_of<Isa>(group.w, k, -32)));
      }
    }
  }
};

}  // namespace hearth::quant::packed
