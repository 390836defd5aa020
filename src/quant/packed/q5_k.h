// Q5_K: super-blocks of 256, 5-bit groups of 32 with 6-bit scale and minimum.
//
// A block: the head of k_head.h, the 1-bit planes of the eight groups, their 4-bit planes: 176 bytes per row as in the
// source.
#pragma once

#include "quant/packed/k_head.h"

namespace hearth::quant::packed {

template <typename Isa>
struct Q5K {
  using F = typename Isa::F;
  using I = typename Isa::I;
  using Activation = ActivationBlock256;
  using Head = KHead<Isa>;
  static constexpr int kCols = 256;
  static constexpr int kBlockBytes = 176 * Isa::kRows;

  struct Group {
    I w[kGroupVectors];
    I scale;
  };

  static HEARTH_INLINE void decode_head(const unsigned char* block, Head& head) { head.load(block); }
  static HEARTH_INLINE void decode_group(const unsigned char* block, const Head& head, int g, Group& group) {
    decode_nibbles<Isa>(block + Head::kBytes + (32 + g * 16) * Isa::kRows, group.w);
    add_fifth_bit<Isa>(block + Head::kBytes + g * 4 * Isa::kRows, group.w);
    group.scale = Isa::scale_operand(head.scale(g));
  }
  static HEARTH_INLINE I start(const Activation&) { return Isa::int_zero(); }
  static HEARTH_INLINE I dot(const Group& group, const Activation& a, int g, I sum) {
    return Isa::template scaled_dot<31, kGroupVectors>(group.w, a.q + 32 * g, group.scale, sum);
  }
  static HEARTH_INLINE F finish(const Head& head, const Activation& a, I sum, F acc) {
    return head.finish(a, sum, acc);
  }
  static HEARTH_INLINE void unpack(const unsigned char* block, float* out) {
    Head head;
    head.load(block);
    for (int g = 0; g < kCols / kGroupCols; ++g) {
      Group group;
      decode_group(block, head, g, group);
      head.unpack_group(group.w, g, out + g * kGroupCols * Isa::kRows);
    }
  }
};

}  // namespace hearth::quant::packed
