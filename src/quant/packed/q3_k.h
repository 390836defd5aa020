// Q3_K: super-blocks of 256, 3-bit values less 4, groups of 16 with a 6-bit scale less 32.
//
// A block: kRows f16 d, the 12 bytes of scales as stored (quant/q3_k.h), a dword of each row side by side, then per 32
// columns the 1-bit plane of the high bits and the 2-bit plane: 110 bytes per row as in the source.
#pragma once

#include "quant/packed/planes.h"
#include "quant/packed/signed_groups.h"

namespace hearth::quant::packed {

template <typename Isa>
struct Q3K : SignedGroups256<Isa, Q3K<Isa>, 7, 2> {
  using Base = SignedGroups256<Isa, Q3K<Isa>, 7, 2>;
  using I = typename Isa::I;
  using Head = typename Base::Head;
  using Group = typename Base::Group;
  static constexpr int kBlockBytes = 110 * Isa::kRows;

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
    Base::set_scales(head, g, group);
  }
};

}  // namespace hearth::quant::packed
