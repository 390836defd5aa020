// 5-bit groups of 32 with one scale (Q5_0) or a scale and a minimum (Q5_1).
//
// A block of 32 columns: kRows f16 scales, (kRows f16 minimums,) the 1-bit plane of the high bits, the 4-bit plane:
// 22 or 24 bytes per row as in the source. Used by the GEMM skeleton like group4.h.
#pragma once

#include "quant/packed/activation_block.h"
#include "quant/packed/planes.h"

namespace hearth::quant::packed {

template <typename Isa>
struct U5Scale {
  using F = typename Isa::F;
  using I = typename Isa::I;
  using Activation = ActivationBlock32;
  static constexpr int kCols = 32;
  static constexpr int kBlockBytes = 22 * Isa::kRows;

  struct Head {
    F d;
  };
  struct Group {
    I w[kGroupVectors];
  };

  static HEARTH_INLINE void decode_head(const unsigned char* block, Head& head) { head.d = Isa::load_f16(block); }
  static HEARTH_INLINE void decode_group(const unsigned char* block, const Head&, int, Group& group) {
    decode_nibbles<Isa>(block + 6 * Isa::kRows, group.w);
    add_fifth_bit<Isa>(block + 2 * Isa::kRows, group.w);
  }
  // The offset is -16: twice the stored -8 * sum.
  static HEARTH_INLINE I start(const Activation& a) { return Isa::template shift_left<1>(Isa::broadcast(&a.neg8_sum)); }
  static HEARTH_INLINE I dot(const Group& group, const Activation& a, int, I sum) {
    return Isa::template dot<31, kGroupVectors>(group.w, a.q, sum);
  }
  static HEARTH_INLINE F finish(const Head& head, const Activation& a, I sum, F acc) {
    return Isa::multiply_add(Isa::to_float(sum), Isa::mul(head.d, Isa::floats(a.scale)), acc);
  }
  static HEARTH_INLINE void unpack(const unsigned char* block, float* out) {
    Head head;
    Group group;
    decode_head(block, head);
    decode_group(block, head, 0, group);
    for (int k = 0; k < kCols; ++k) {
      Isa::store(out + k * Isa::kRows, Isa::mul(head.d, column_of<Isa>(group.w, k, -16)));
    }
  }
};

template <typename Isa>
struct U5ScaleMin {
  using F = typename Isa::F;
  using I = typename Isa::I;
  using Activation = ActivationBlock32;
  static constexpr int kCols = 32;
  static constexpr int kBlockBytes = 24 * Isa::kRows;

  struct Head {
    F d;
    F m;
  };
  struct Group {
    I w[kGroupVectors];
  };

  static HEARTH_INLINE void decode_head(const unsigned char* block, Head& head) {
    head.d = Isa::load_f16(block);
    head.m = Isa::load_f16(block + 2 * Isa::kRows);
  }
  static HEARTH_INLINE void decode_group(const unsigned char* block, const Head&, int, Group& group) {
    decode_nibbles<Isa>(block + 8 * Isa::kRows, group.w);
    add_fifth_bit<Isa>(block + 4 * Isa::kRows, group.w);
  }
  static HEARTH_INLINE I start(const Activation&) { return Isa::int_zero(); }
  static HEARTH_INLINE I dot(const Group& group, const Activation& a, int, I sum) {
    return Isa::template dot<31, kGroupVectors>(group.w, a.q, sum);
  }
  static HEARTH_INLINE F finish(const Head& head, const Activation& a, I sum, F acc) {
    const F with_min = Isa::multiply_add(head.m, Isa::floats(a.scaled_sum), acc);
    return Isa::multiply_add(Isa::to_float(sum), Isa::mul(head.d, Isa::floats(a.scale)), with_min);
  }
  static HEARTH_INLINE void unpack(const unsigned char* block, float* out) {
    Head head;
    Group group;
    decode_head(block, head);
    decode_group(block, head, 0, group);
    for (int k = 0; k < kCols; ++k) {
      Isa::store(out + k * Isa::kRows, Isa::add(Isa::mul(head.d, column_of<Isa>(group.w, k, 0)), head.m));
    }
  }
};

}  // namespace hearth::quant::packed
