// 4-bit places in a book of 16 signed values: IQ4_NL, MXFP4 and IQ4_XS.
//
// A block of 32 columns: kRows scales (f16; MXFP4: a byte, the exponent of a power of two), the 4-bit plane of
// planes.h. IQ4_XS, 256 columns: kRows f16 d, the upper two bits of the scales (16 bits), their lower four (a dword of
// each row side by side), the 4-bit planes of the eight groups. As many bytes per row as in the source. Used by the
// GEMM skeleton like group4.h.
#pragma once

#include "quant/code_books.h"
#include "quant/packed/activation_block.h"
#include "quant/packed/floats.h"
#include "quant/packed/planes.h"

namespace hearth::quant::packed {

// The values of 32 columns, out: [32][kRows], times scale.
template <typename Isa>
HEARTH_INLINE void unpack_book_group(const typename Isa::I (&w)[kGroupVectors], typename Isa::F scale, float* out) {
  for (int k = 0; k < kGroupCols; ++k) {
    const auto value = Isa::to_float(signed_lane_byte<Isa>(w[k / 4], k % 4));
    Isa::store(out + k * Isa::kRows, Isa::mul(scale, value));
  }
}

// Scale::load(block) gives the factor of the rows and Scale::kBytes is its size.
// kLow, kHigh: the values of places 0..7 and 8..15, a byte each.
template <typename Isa, typename Scale, std::uint64_t kLow, std::uint64_t kHigh>
struct Book4 {
  using F = typename Isa::F;
  using I = typename Isa::I;
  using Activation = ActivationBlock32;
  static constexpr int kCols = 32;
  static constexpr int kBlockBytes = (Scale::kBytes + 16) * Isa::kRows;

  struct Head {
    F d;
  };
  using Group = typename Isa::BookGroup;

  static HEARTH_INLINE void look_up(const unsigned char* block, I (&w)[kGroupVectors]) {
    decode_nibbles<Isa>(block + Scale::kBytes * Isa::kRows, w);
    for (I& vector : w) {
      vector = Isa::look_up(kLow, kHigh, vector);
    }
  }
  static HEARTH_INLINE void decode_head(const unsigned char* block, Head& head) { head.d = Scale::load(block); }
  static HEARTH_INLINE void decode_group(const unsigned char* block, const Head&, int, Group& group) {
    I w[kGroupVectors];
    look_up(block, w);
    Isa::set_signed(w, group);
  }
  static HEARTH_INLINE I start(const Activation& a) { return Isa::signed_start(&a.neg8_sum); }
  static HEARTH_INLINE I dot(const Group& group, const Activation& a, int, I sum) {
    return Isa::dot_book(group, a.q, sum);
  }
  static HEARTH_INLINE F finish(const Head& head, const Activation& a, I sum, F acc) {
    return Isa::multiply_add(Isa::to_float(sum), Isa::mul(head.d, Isa::floats(a.scale)), acc);
  }
  static HEARTH_INLINE void unpack(const unsigned char* block, float* out) {
    I w[kGroupVectors];
    look_up(block, w);
    unpack_book_group<Isa>(w, Scale::load(block), out);
  }
};

// A byte e that stands for 2^(e - 128): half of OCP's E8M0, for books that are doubled. The product of two powers in
// the middle of the range reaches the smallest factors, which are subnormal.
template <typename Isa>
struct HalfE8M0Loader {
  static constexpr int kBytes = 1;
  static HEARTH_INLINE typename Isa::F load(const unsigned char* p) {
    const auto e = Isa::load_u8(p);
    const auto low = Isa::template shift_right<1>(e);
    const auto high = Isa::sub_int(e, low);
    return Isa::mul(power(low), power(high));
  }

 private:
  // 2^(n - 64)
  static HEARTH_INLINE typename Isa::F power(typename Isa::I n) {
    return Isa::from_bits(Isa::template shift_left<23>(Isa::add_int(n, Isa::ints(127 - 64))));
  }
};

template <typename Isa>
using Iq4Nl = Book4<Isa, F16Loader<Isa>, book_word(kIq4Values, 0), book_word(kIq4Values, 8)>;

// The values of MXFP4 are small: 12 is added to make them unsigned, and -12 * Σ a starts the sum.
template <typename Isa>
struct Mxfp4 {
  using F = typename Isa::F;
  using I = typename Isa::I;
  using Activation = ActivationBlock32;
  using Scale = HalfE8M0Loader<Isa>;
  static constexpr int kOffset = 12;
  static constexpr std::uint64_t kLow = book_word(kE2m1Doubled, 0, kOffset);
  static constexpr std::uint64_t kHigh = book_word(kE2m1Doubled, 8, kOffset);
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
    for (I& vector : group.w) {
      vector = Isa::look_up(kLow, kHigh, vector);
    }
  }
  static HEARTH_INLINE I start(const Activation& a) {
    const I neg8 = Isa::broadcast(&a.neg8_sum);
    return Isa::add_int(neg8, Isa::template shift_right_signed<1>(neg8));
  }
  // Weights reach 24; 31 is the next for which whole vectors fit 16 bits.
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
      Isa::store(out + k * Isa::kRows, Isa::mul(head.d, column_of<Isa>(group.w, k, -kOffset)));
    }
  }
};

template <typename Isa>
struct Iq4Xs {
  using F = typename Isa::F;
  using I = typename Isa::I;
  using Activation = ActivationBlock256;
  static constexpr std::uint64_t kLow = book_word(kIq4Values, 0);
  static constexpr std::uint64_t kHigh = book_word(kIq4Values, 8);
  static constexpr int kCols = 256;
  static constexpr int kBlockBytes = 136 * Isa::kRows;

  struct Head {
    F d;
    I high;  // 16 bits: two of each group's scale
    I low;   // a nibble of each group's scale
  };
  struct Group {
    typename Isa::BookGroup w;
    I scale;
  };

  static HEARTH_INLINE void look_up(const unsigned char* block, int g, I (&w)[kGroupVectors]) {
    decode_nibbles<Isa>(block + (8 + 16 * g) * Isa::kRows, w);
    for (I& vector : w) {
      vector = Isa::look_up(kLow, kHigh, vector);
    }
  }
  static HEARTH_INLINE I scale(const Head& head, int g) {
    const I low = Isa::bit_and(Isa::shift_right_by(head.low, 4 * g), Isa::ints(15));
    const I high = Isa::bit_and(Isa::shift_right_by(head.high, 2 * g), Isa::ints(3));
    return Isa::sub_int(Isa::bit_or(low, Isa::template shift_left<4>(high)), Isa::ints(32));
  }
  static HEARTH_INLINE void decode_head(const unsigned char* block, Head& head) {
    head.d = Isa::load_f16(block);
    head.high = Isa::load_u16(block + 2 * Isa::kRows);
    head.low = Isa::load_bytes(block + 4 * Isa::kRows);
  }
  static HEARTH_INLINE void decode_group(const unsigned char* block, const Head& head, int g, Group& group) {
    I w[kGroupVectors];
    look_up(block, g, w);
    Isa::set_signed(w, group.w);
    group.scale = Isa::scale_operand(scale(head, g));
  }
  static HEARTH_INLINE I start(const Activation&) { return Isa::int_zero(); }
  static HEARTH_INLINE I dot(const Group& group, const Activation& a, int g, I sum) {
    return Isa::scaled_dot_book(group.w, a.q + 32 * g, a.sums32[g], group.scale, sum);
  }
  static HEARTH_INLINE F finish(const Head& head, const Activation& a, I sum, F acc) {
    return Isa::multiply_add(Isa::to_float(sum), Isa::mul(head.d, Isa::floats(a.scale)), acc);
  }
  static HEARTH_INLINE void unpack(const unsigned char* block, float* out) {
    Head head;
    decode_head(block, head);
    for (int g = 0; g < kCols / kGroupCols; ++g) {
      I w[kGroupVectors];
      look_up(block, g, w);
      const F factor = Isa::mul(head.d, Isa::to_float(scale(head, g)));
      unpack_book_group<Isa>(w, factor, out + g * kGroupCols * Isa::kRows);
    }
  }
};

}  // namespace hearth::quant::packed
