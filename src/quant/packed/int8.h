// Signed 8-bit groups of 32 with one scale (Q8_0).
//
// A block of 32 columns: kRows scales (f16, in the files of spring 2023 f32), then eight vectors of 4 columns each: as
// many bytes per row as in the source.
// Used by the GEMM skeleton like group4.h.
#pragma once

#include "quant/packed/activation_block.h"
#include "quant/packed/floats.h"
#include "quant/packed/planes.h"

namespace hearth::quant::packed {

template <typename Isa, typename Scale = F16Loader<Isa>>
struct I8Scale {
  using F = typename Isa::F;
  using I = typename Isa::I;
  using Activation = ActivationBlock32;
  static constexpr int kCols = 32;
  static constexpr int kBlockBytes = (Scale::kBytes + 32) * Isa::kRows;

  struct Head {
    F d;
  };
  // How a level multiplies two signed bytes differs: it prepares the weights in its own form.
  using Group = typename Isa::SignedGroup;

  static HEARTH_INLINE void decode_head(const unsigned char* block, Head& head) { head.d = Scale::load(block); }
  static HEARTH_INLINE void decode_group(const unsigned char* block, const Head&, int, Group& group) {
    Isa::load_signed(block + Scale::kBytes * Isa::kRows, group);
  }
  static HEARTH_INLINE I start(const Activation& a) { return Isa::signed_start(&a.neg8_sum); }
  static HEARTH_INLINE I dot(const Group& group, const Activation& a, int, I sum) {
    return Isa::dot_signed(group, a.q, sum);
  }
  static HEARTH_INLINE F finish(const Head& head, const Activation& a, I sum, F acc) {
    return Isa::multiply_add(Isa::to_float(sum), Isa::mul(head.d, Isa::floats(a.scale)), acc);
  }
  static HEARTH_INLINE void unpack(const unsigned char* block, float* out) {
    Head head;
    decode_head(block, head);
    for (int v = 0; v < kGroupVectors; ++v) {
      const I w = Isa::load_bytes(block + (Scale::kBytes + 4 * v) * Isa::kRows);
      for (int b = 0; b < 4; ++b) {
        Isa::store(out + (4 * v + b) * Isa::kRows, Isa::mul(head.d, Isa::to_float(signed_lane_byte<Isa>(w, b))));
      }
    }
  }
};

}  // namespace hearth::quant::packed
