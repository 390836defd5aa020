// Q2_K: super-blocks of 256, 2-bit values, groups of 16 with 4-bit scale and minimum.
//
// A block: kRows f16 d, kRows f16 dmin, four vectors of scale bytes (scale in the low, minimum in the high nibble), a
// 2-bit plane per 32 columns: 84 bytes per row as in the source.
#pragma once

#include "quant/packed/activation_block.h"
#include "quant/packed/planes.h"

namespace hearth::quant::packed {

template <typename Isa>
struct Q2K {
  using F = typename Isa::F;
  using I = typename Isa::I;
  using Activation = ActivationBlock256;
  static constexpr int kCols = 256;
  static constexpr int kBlockBytes = 84 * Isa::kRows;

  struct Head {
    F d;
    F dmin;
    I scales[4];    // bytes: groups 4 i .. 4 i + 3
    I minimums[4];  // bytes
  };
  struct Group {
    I w[kGroupVectors];
    I scale_low;   // of columns 0..15
    I scale_high;  // of columns 16..31
  };

  static HEARTH_INLINE void decode_head(const unsigned char* block, Head& head) {
    head.d = Isa::load_f16(block);
    head.dmin = Isa::load_f16(block + 2 * Isa::kRows);
    for (int i = 0; i < 4; ++i) {
      const I both = Isa::load_bytes(block + (4 + 4 * i) * Isa::kRows);
      head.scales[i] = Isa::bit_and(both, Isa::bytes(0x0F));
      head.minimums[i] = Isa::bit_and(Isa::template shift_right<4>(both), Isa::bytes(0x0F));
    }
  }
  static HEARTH_INLINE void decode_group(const unsigned char* block, const Head& head, int g, Group& group) {
    decode_pairs<Isa>(block + (20 + 8 * g) * Isa::kRows, group.w);
    group.scale_low = Isa::scale_operand(lane_byte<Isa>(head.scales[g / 2], 2 * (g % 2)));
    group.scale_high = Isa::scale_operand(lane_byte<Isa>(head.scales[g / 2], 2 * (g % 2) + 1));
  }
  static HEARTH_INLINE I start(const Activation&) { return Isa::int_zero(); }
  static HEARTH_INLINE I dot(const Group& group, const Activation& a, int g, I sum) {
    sum = Isa::template scaled_dot<3, 4>(group.w, a.q + 32 * g, group.scale_low, sum);
    return Isa::template scaled_dot<3, 4>(group.w + 4, a.q + 32 * g + 16, group.scale_high, sum);
  }
  static HEARTH_INLINE F finish(const Head& head, const Activation& a, I sum, F acc) {
    I minimum = Isa::int_zero();
#pragma GCC unroll 8
    for (int p = 0; p < 8; ++p) {
      const I pair = unsigned_pair<Isa>(head.minimums[p / 2], p % 2);
      minimum = Isa::add_int(minimum, Isa::dot_pairs(pair, Isa::broadcast(a.sums16 + 2 * p)));
    }
    const F scale = Isa::floats(a.scale);
    const F less = Isa::negative_multiply_add(Isa::to_float(minimum), Isa::mul(head.dmin, scale), acc);
    return Isa::multiply_add(Isa::to_float(sum), Isa::mul(head.d, scale), less);
  }
  static HEARTH_INLINE void unpack(const unsigned char* block, float* out) {
    Head head;
    decode_head(block, head);
    for (int g = 0; g < kCols / kGroupCols; ++g) {
      Group group;
      decode_group(block, head, g, group);
      for (int k = 0; k < kGroupCols; ++k) {
        const int byte = 2 * (g % 2) + k / 16;
        const F scale = Isa::mul(head.d, Isa::to_float(lane_byte<Isa>(head.scales[g / 2], byte)));
        const F minimum = Isa::mul(head.dmin, Isa::to_float(lane_byte<Isa>(head.minimums[g / 2], byte)));
        const F scaled = Isa::mul(scale, column_of<Isa>(group.w, k, 0));
        Isa::store(out + (g * kGroupCols + k) * Isa::kRows, Isa::sub(scaled, minimum));
      }
    }
  }
};

}  // namespace hearth::quant::packed
