// What Q4_K and Q5_K share: the head of a super-block of 256 and the arithmetic around its groups of 32.
//
// Head: kRows f16 d, kRows f16 dmin, then the 12 bytes of 6-bit scales and minimums as stored (quant/k_scales.h), a
// dword of each row side by side: three vectors, from which all rows' scales are unpacked at once.
#pragma once

#include "quant/packed/activation_block.h"
#include "quant/packed/planes.h"

namespace hearth::quant::packed {

template <typename Isa>
struct KHead {
  using F = typename Isa::F;
  using I = typename Isa::I;
  static constexpr int kBytes = 16 * Isa::kRows;

  F d;
  F dmin;
  I scales[2];    // bytes: scales of groups 0..3 and 4..7
  I minimums[2];  // bytes

  HEARTH_INLINE void load(const unsigned char* block) {
    d = Isa::load_f16(block);
    dmin = Isa::load_f16(block + 2 * Isa::kRows);
    const I a = Isa::load_bytes(block + 4 * Isa::kRows);
    const I b = Isa::load_bytes(block + 8 * Isa::kRows);
    const I c = Isa::load_bytes(block + 12 * Isa::kRows);
    const I low6 = Isa::bytes(0x3F);
    const I low4 = Isa::bytes(0x0F);
    const I high2 = Isa::bytes(0x30);
    scales[0] = Isa::bit_and(a, low6);
    minimums[0] = Isa::bit_and(b, low6);
    scales[1] = Isa::bit_or(Isa::bit_and(c, low4), Isa::bit_and(Isa::template shift_right<2>(a), high2));
    minimums[1] = Isa::bit_or(Isa::bit_and(Isa::template shift_right<4>(c), low4),
                              Isa::bit_and(Isa::template shift_right<2>(b), high2));
  }

  HEARTH_INLINE I scale(int group) const { return lane_byte<Isa>(scales[group / 4], group % 4); }
  HEARTH_INLINE I minimum(int group) const { return lane_byte<Isa>(minimums[group / 4], group % 4); }

  // Σ over groups of minimum * sum of the activations, in integers.
  HEARTH_INLINE I minimum_dot(const ActivationBlock256& a) const {
    I sum = Isa::dot_pairs(unsigned_pair<Isa>(minimums[0], 0), Isa::broadcast(a.sums32));
    sum = Isa::add_int(sum, Isa::dot_pairs(unsigned_pair<Isa>(minimums[0], 1), Isa::broadcast(a.sums32 + 2)));
    sum = Isa::add_int(sum, Isa::dot_pairs(unsigned_pair<Isa>(minimums[1], 0), Isa::broadcast(a.sums32 + 4)));
    return Isa::add_int(sum, Isa::dot_pairs(unsigned_pair<Isa>(minimums[1], 1), Isa::broadcast(a.sums32 + 6)));
  }

  // acc + scale_a * (d * sum - dmin * minimum_dot)
  HEARTH_INLINE F finish(const ActivationBlock256& a, I sum, F acc) const {
    const F scale = Isa::floats(a.scale);
    const F less = Isa::negative_multiply_add(Isa::to_float(minimum_dot(a)), Isa::mul(dmin, scale), acc);
    return Isa::multiply_add(Isa::to_float(sum), Isa::mul(d, scale), less);
  }

  // out: [32][kRows] of one group, (d * scale) * q - dmin * minimum as the oracle rounds it.
  HEARTH_INLINE void unpack_group(const I (&w)[kGroupVectors], int group, float* out) const {
    const F group_scale = Isa::mul(d, Isa::to_float(scale(group)));
    const F group_minimum = Isa::mul(dmin, Isa::to_float(minimum(group)));
    for (int k = 0; k < kGroupCols; ++k) {
      const F scaled = Isa::mul(group_scale, column_of<Isa>(w, k, 0));
      Isa::store(out + k * Isa::kRows, Isa::sub(scaled, group_minimum));
    }
  }
};

}  // namespace hearth::quant::packed
