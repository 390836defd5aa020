// Q6_K: super-blocks of 256, 6-bit values less 32, groups of 16 with a signed 8-bit scale.
//
// A block: kRows f16 d, four vectors of scales (a dword of each row side by side), then per 32 columns the 2-bit plane
// of the high bits and the 4-bit plane: 210 bytes per row as in the source.
#pragma once

#include "quant/packed/planes.h"
#include "quant/packed/signed_groups.h"

namespace hearth::quant::packed {

template <typename Isa>
struct Q6K : SignedGroups256<Isa, Q6K<Isa>, 63, 5> {
  using Base = SignedGroups256<Isa, Q6K<Isa>, 63, 5>;
  using I = typename Isa::I;
  using Head = typename Base::Head;
  using Group = typename Base::Group;
  static constexpr int kBlockBytes = 210 * Isa::kRows;

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
    Base::set_scales(head, g, group);
  }
};

}  // namespace hearth::quant::packed
