// Integers in groups of columns (GPTQ, AWQ, EXL2, compressed-tensors): 2, 3, 4, 5, 6 or 8 bits, a scale per row and
// group.
//
// A panel: first, where zeros are stored or scales have two levels, a plane with one small number per row and group
// (dword i of a row holds the numbers of 32 / bits groups, lowest bits first). Then the groups, each with kRows scales,
// kRows offsets (GroupZero::kOffset) and its blocks of 32 columns in the planes of planes.h. Codes are unsigned, those
// of 8 bits have their highest bit flipped and are signed. The number of bits may change from group to group, so the
// kernel goes through groups and picks the code for their bits. Written by pack_grouped.cpp, read by the GEMM skeleton.
#pragma once

#include "quant/packed/activation_block.h"
#include "quant/packed/packed_matrix.h"
#include "quant/packed/planes.h"

namespace hearth::quant::packed {

// A block of 32 columns of kBits.
template <typename Isa, int kBits>
struct GroupedBlock {
  using F = typename Isa::F;
  using I = typename Isa::I;
  static constexpr int kBytes = 4 * kBits * Isa::kRows;

  I w[kGroupVectors];

  HEARTH_INLINE void decode(const unsigned char* block) {
    constexpr int kDword = 4 * Isa::kRows;
    if constexpr (kBits == 2) {
      decode_pairs<Isa>(block, w);
    } else if constexpr (kBits == 3) {
      decode_pairs<Isa>(block, w);
      add_third_bit<Isa>(block + 2 * kDword, w);
    } else {
      decode_nibbles<Isa>(block, w);
      if constexpr (kBits == 5) {
        add_fifth_bit<Isa>(block + 4 * kDword, w);
      } else if constexpr (kBits == 6) {
        add_high_pairs<Isa>(block + 4 * kDword, w);
      }
    }
  }
  HEARTH_INLINE I dot(const ActivationBlock32& a) const {
    return Isa::template dot<(1 << kBits) - 1, kGroupVectors>(w, a.q, Isa::int_zero());
  }
  HEARTH_INLINE F column(int k) const { return column_of<Isa>(w, k, 0); }
};

template <typename Isa>
struct GroupedBlock<Isa, 8> {
  using F = typename Isa::F;
  using I = typename Isa::I;
  static constexpr int kBytes = 32 * Isa::kRows;

  typename Isa::SignedGroup group;
  const unsigned char* stored;

  HEARTH_INLINE void decode(const unsigned char* block) {
    stored = block;
    Isa::load_signed(block, group);
  }
  HEARTH_INLINE I dot(const ActivationBlock32& a) const {
    return Isa::dot_signed(group, a.q, Isa::signed_start(&a.neg8_sum));
  }
  HEARTH_INLINE F column(int k) const {
    const I lanes = Isa::load_bytes(stored + k / 4 * 4 * Isa::kRows);
    return Isa::to_float(signed_lane_byte<Isa>(lanes, k % 4));
  }
};

// What the rows of a panel have in common over the columns of one group: weight = scale * (code - zero) + offset.
template <typename Isa>
struct GroupHead {
  using F = typename Isa::F;
  using I = typename Isa::I;

  F scale;
  F zero;    // of codes as stored: less 128 where they have 8 bits
  F offset;  // of GroupZero::kOffset, else 0
  const unsigned char* blocks;

  HEARTH_INLINE void load(const PackedMatrix& w, const unsigned char* panel, std::int32_t g) {
    const PackedGroup& group = w.groups[g];
    const unsigned char* at = panel + group.offset;
    switch (w.group_scale) {
      case GroupScale::kF16:
        scale = Isa::load_f16(at);
        at += 2 * Isa::kRows;
        break;
      case GroupScale::kBf16:
        scale = Isa::load_bf16(at);
        at += 2 * Isa::kRows;
        break;
      case GroupScale::kF32:
        scale = Isa::load_f32(at);
        at += 4 * Isa::kRows;
        break;
      case GroupScale::kTwoLevel: {
        const F root = Isa::add(Isa::to_float(plane_field(panel, 4, g)), Isa::floats(1.0F));
        scale = Isa::mul(Isa::mul(root, root), Isa::floats(group.factor));
      }
    }
    const std::int32_t implied = group.bits == 8 ? -128 : 0;
    offset = Isa::zero();
    zero = offset;
    if (w.group_zero == GroupZero::kStored) {
      zero = Isa::to_float(Isa::add_int(plane_field(panel, group.bits, g), Isa::ints(implied)));
    } else if (w.group_zero == GroupZero::kMiddle) {
      zero = Isa::floats(static_cast<float>((1 << (group.bits - 1)) + implied));
    } else {
      offset = Isa::load_f16(at);
      at += 2 * Isa::kRows;
    }
    blocks = at;
  }

  // The weight of code 0.
  HEARTH_INLINE F minimum() const { return Isa::negative_multiply_add(scale, zero, offset); }

 private:
  // The number of group g in the plane at the start of a panel.
  static HEARTH_INLINE I plane_field(const unsigned char* panel, int n_bits, std::int32_t g) {
    const int per_dword = 32 / n_bits;
    const I dwords = Isa::load_bytes(panel + g / per_dword * 4 * Isa::kRows);
    return Isa::bit_and(Isa::shift_right_by(dwords, n_bits * (g % per_dword)), Isa::ints((1 << n_bits) - 1));
  }
};

}  // namespace hearth::quant::packed
