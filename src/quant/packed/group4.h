// 4-bit groups of 32 with one scale (Q4_0) or a scale and a minimum (Q4_1).
//
// A block of 32 columns: kRows scales, (kRows minimums,) the 4-bit plane of planes.h: as many bytes per row as in the
// source. The scales are f16, in the files of spring 2023 f32. Kernel classes like these two give the GEMM skeleton
// what it needs: decode once, dot per row.
#pragma once

#include "quant/packed/activation_block.h"
#include "quant/packed/floats.h"
#include "quant/packed/planes.h"

namespace hearth::quant::packed {

template <typename Isa, typename Scale = F16Loader<Isa>>
struct U4Scale {
  using F = typename Isa::F;
  using I = typename Isa::I;
  using Activation = ActivationBlock32;
  static constexpr int kCols = 32;
  static constexpr int kBlockBytes = (Scale::kBytes + 16) * Isa::kRows;

  struct Head {
    F d;
  };
  struct Group {
    I w[kGroupVectors];
  };

  static HEARTH_INLINE void decode_head(const unsigned char* block, Head& head) { head.d = Scale::load(block); }
  static HEARTH_INLINE void decode_group(const unsigned char* block, const Head&, int, Group& group) {
    decode_nibbles<Isa>(block + Scale::kBytes * Isa::kRows, group.w);
  }
  static HEARTH_INLINE I start(const Activation& a) { return Isa::broadcast(&a.neg8_sum); }
  static HEARTH_INLINE I dot(const Group& group, const Activation& a, int, I sum) {
    return Isa::template dot<15, kGroupVectors>(group.w, a.q, sum);
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
      Isa::store(out + k * Isa::kRows, Isa::mul(head.d, column_of<Isa>(group.w, k, -8)));
    }
  }
};

template <typename Isa, typename Scale = F16Loader<Isa>>
struct U4ScaleMin {
  using F = typename Isa::F;
  using I = typename Isa::I;
  using Activation = ActivationBlock32;
  static constexpr int kCols = 32;
  static constexpr int kBlockBytes = (2 * Scale::kBytes + 16) * Isa::kRows;

  struct Head {
    F d;
    F m;
  };
  struct Group {
    I w[kGroupVectors];
  };

  static HEARTH_INLINE void decode_head(const unsigned char* block, Head& head) {
    head.d = Scale::load(block);
    head.m = Scale::load(block + Scale::kBytes * Isa::kRows);
  }
  static HEARTH_INLINE void decode_group(const unsigned char* block, const Head&, int, Group& group) {
    decode_nibbles<Isa>(block + 2 * Scale::kBytes * Isa::kRows, group.w);
  }
  static HEARTH_INLINE I start(const Activation&) { return Isa::int_zero(); }
  static HEARTH_INLINE I dot(const Group& group, const Activation& a, int, I sum) {
    return Isa::template dot<15, kGroupVectors>(group.w, a.q, sum);
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
