// Isa of avx2: eight rows per vector, AVX2 + FMA + F16C.
//
// The vector operations that the kernel templates and the packed kinds are written over. Integer dot products go
// through maddubs (unsigned weight x signed activation, pairs summed in int16): as many pair sums are added in int16 as
// cannot overflow for the kind's largest weight, then widened with a multiplier (1 or the group's scale).
// Included only by the sources of this folder; everything is forced inline.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "quant/packed/inline.h"

namespace hearth::kernels::avx2 {

struct Isa {
  static constexpr int kRows = 8;
  // Whether fp32 tiles of several rows are worth their code; results are the same.
  static constexpr bool kWideTiles = true;
  using F = __m256;
  using I = __m256i;
  using Mask = __m256;

  // Floats.
  static HEARTH_INLINE F zero() { return _mm256_setzero_ps(); }
  static HEARTH_INLINE F floats(float value) { return _mm256_set1_ps(value); }
  static HEARTH_INLINE F load(const float* p) { return _mm256_loadu_ps(p); }
  static HEARTH_INLINE F load_f32(const unsigned char* p) {
    return _mm256_castsi256_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static HEARTH_INLINE F load_f16(const unsigned char* p) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static HEARTH_INLINE F load_bf16(const unsigned char* p) {
    const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
  }
  // 8-bit floats: E4M3 is an f16 whose exponent is 8 too low, with NaN where its last seven bits are ones; E5M2 is the
  // upper byte of an f16. The conversion of f16 takes subnormals at full speed.
  static HEARTH_INLINE F load_f8_e4m3(const unsigned char* p) {
    const __m128i wide = _mm_cvtepi8_epi16(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
    const __m128i low = _mm_and_si128(wide, _mm_set1_epi16(0x7F));
    const __m128i nan = _mm_and_si128(_mm_cmpeq_epi16(low, _mm_set1_epi16(0x7F)), _mm_set1_epi16(0x7E00));
    const __m128i half = _mm_and_si128(_mm_slli_epi16(wide, 7), _mm_set1_epi16(static_cast<short>(0xBF80)));
    return _mm256_mul_ps(_mm256_cvtph_ps(_mm_or_si128(half, nan)), _mm256_set1_ps(256.0F));
  }
  static HEARTH_INLINE F load_f8_e5m2(const unsigned char* p) {
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
    return _mm256_cvtph_ps(_mm_unpacklo_epi8(_mm_setzero_si128(), bytes));
  }
  static HEARTH_INLINE F load_i8(const std::int8_t* p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
  }
  static HEARTH_INLINE void store(float* p, F v) { _mm256_storeu_ps(p, v); }
  static HEARTH_INLINE void store_f16(unsigned char* p, F v) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
  }
  static HEARTH_INLINE F add(F a, F b) { return _mm256_add_ps(a, b); }
  static HEARTH_INLINE F sub(F a, F b) { return _mm256_sub_ps(a, b); }
  static HEARTH_INLINE F mul(F a, F b) { return _mm256_mul_ps(a, b); }
  static HEARTH_INLINE F div(F a, F b) { return _mm256_div_ps(a, b); }
  static HEARTH_INLINE F sqrt(F a) { return _mm256_sqrt_ps(a); }
  // The second operand when either is NaN.
  static HEARTH_INLINE F max(F a, F b) { return _mm256_max_ps(a, b); }
  static HEARTH_INLINE F min(F a, F b) { return _mm256_min_ps(a, b); }
  // a * b + c and c - a * b, rounded once.
  static HEARTH_INLINE F multiply_add(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }
  static HEARTH_INLINE F negative_multiply_add(F a, F b, F c) { return _mm256_fnmadd_ps(a, b, c); }
  static HEARTH_INLINE Mask less(F a, F b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
  static HEARTH_INLINE F select(Mask mask, F yes, F no) { return _mm256_blendv_ps(no, yes, mask); }
  static HEARTH_INLINE F to_float(I a) { return _mm256_cvtepi32_ps(a); }
  static HEARTH_INLINE I round_to_int(F a) { return _mm256_cvtps_epi32(a); }
  static HEARTH_INLINE I bits(F a) { return _mm256_castps_si256(a); }
  static HEARTH_INLINE F from_bits(I a) { return _mm256_castsi256_ps(a); }
  // One fixed tree: lanes i and i + 4, then i and i + 2, then i and i + 1.
  static HEARTH_INLINE float sum(F a) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
  }
  static HEARTH_INLINE float max_of(F a) {
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
  }

  // 32-bit lanes and their bytes.
  static HEARTH_INLINE I int_zero() { return _mm256_setzero_si256(); }
  static HEARTH_INLINE I ints(std::int32_t value) { return _mm256_set1_epi32(value); }
  static HEARTH_INLINE I bytes(int value) { return _mm256_set1_epi8(static_cast<char>(value)); }
  static HEARTH_INLINE I load_bytes(const unsigned char* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  // kRows unsigned numbers of one and two bytes.
  static HEARTH_INLINE I load_u8(const unsigned char* p) {
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
  }
  static HEARTH_INLINE I load_u16(const unsigned char* p) {
    return _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  // Every byte (0..15) replaced by that byte of the 16 of low and high.
  static HEARTH_INLINE I look_up(std::uint64_t low, std::uint64_t high, I places) {
    const auto lo = static_cast<long long>(low);
    const auto hi = static_cast<long long>(high);
    return _mm256_shuffle_epi8(_mm256_set_epi64x(hi, lo, hi, lo), places);
  }
  // One dword from memory to all lanes.
  static HEARTH_INLINE I broadcast(const void* p) {
    std::int32_t value;
    __builtin_memcpy(&value, p, 4);
    return _mm256_set1_epi32(value);
  }
  static HEARTH_INLINE I bit_and(I a, I b) { return _mm256_and_si256(a, b); }
  static HEARTH_INLINE I bit_or(I a, I b) { return _mm256_or_si256(a, b); }
  template <int kBits>
  static HEARTH_INLINE I shift_left(I a) {
    return _mm256_slli_epi32(a, kBits);
  }
  template <int kBits>
  static HEARTH_INLINE I shift_right(I a) {
    return _mm256_srli_epi32(a, kBits);
  }
  template <int kBits>
  static HEARTH_INLINE I shift_right_signed(I a) {
    return _mm256_srai_epi32(a, kBits);
  }
  static HEARTH_INLINE I shift_left_by(I a, int n_bits) { return _mm256_sll_epi32(a, _mm_cvtsi32_si128(n_bits)); }
  static HEARTH_INLINE I shift_right_by(I a, int n_bits) { return _mm256_srl_epi32(a, _mm_cvtsi32_si128(n_bits)); }
  static HEARTH_INLINE I add_int(I a, I b) { return _mm256_add_epi32(a, b); }
  static HEARTH_INLINE I sub_int(I a, I b) { return _mm256_sub_epi32(a, b); }
  static HEARTH_INLINE I max_int(I a, I b) { return _mm256_max_epi32(a, b); }
  static HEARTH_INLINE std::int32_t sum_int(I a) {
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    s = _mm_add_epi32(s, _mm_unpackhi_epi64(s, s));
    return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 1)));
  }
  static HEARTH_INLINE std::int32_t max_of_int(I a) {
    __m128i s = _mm_max_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    s = _mm_max_epi32(s, _mm_unpackhi_epi64(s, s));
    return _mm_cvtsi128_si32(_mm_max_epi32(s, _mm_shuffle_epi32(s, 1)));
  }
  // kRows lanes as int8, saturated.
  static HEARTH_INLINE void store_i8(std::int8_t* p, I a) {
    const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packs_epi16(words, words));
  }

  // Integer dot products. The lanes of w hold four unsigned weights each, activations are int8.
  static HEARTH_INLINE I dot_pairs(I a, I b) { return _mm256_madd_epi16(a, b); }
  // What scaled_dot takes: the scale of each row, here twice as int16.
  static HEARTH_INLINE I scale_operand(I scale) {
    return _mm256_or_si256(_mm256_and_si256(scale, _mm256_set1_epi32(0xFFFF)), _mm256_slli_epi32(scale, 16));
  }
  template <int kMaxWeight, int kVectors>
  static HEARTH_INLINE I scaled_dot(const I* w, const std::int8_t* a, I scale, I sum) {
    constexpr int kFit = 32767 / (2 * 127 * kMaxWeight);
    static_assert(kFit >= 1);
    constexpr int kStep = kFit < kVectors ? kFit : kVectors;
    static_assert(kVectors % kStep == 0);
#pragma GCC unroll 8
    for (int i = 0; i < kVectors; i += kStep) {
      I pairs = _mm256_maddubs_epi16(w[i], broadcast(a + 4 * i));
#pragma GCC unroll 8
      for (int j = i + 1; j < i + kStep; ++j) {
        pairs = _mm256_add_epi16(pairs, _mm256_maddubs_epi16(w[j], broadcast(a + 4 * j)));
      }
      sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, scale));
    }
    return sum;
  }
  template <int kMaxWeight, int kVectors>
  static HEARTH_INLINE I dot(const I* w, const std::int8_t* a, I sum) {
    return scaled_dot<kMaxWeight, kVectors>(w, a, _mm256_set1_epi16(1), sum);
  }

  // Signed 8-bit weights: |w| unsigned, the sign moved to the activation.
  struct SignedGroup {
    I magnitude[8];
    const unsigned char* w;
  };
  static HEARTH_INLINE void load_signed(const unsigned char* p, SignedGroup& group) {
    group.w = p;
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      group.magnitude[i] = _mm256_abs_epi8(load_bytes(p + 32 * i));
    }
  }
  static HEARTH_INLINE I signed_start(const std::int32_t*) { return int_zero(); }
  // Signed weights that were decoded, not stored.
  struct BookGroup {
    I magnitude[8];
    I w[8];
  };
  static HEARTH_INLINE void set_signed(const I (&w)[8], BookGroup& group) {
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      group.w[i] = w[i];
      group.magnitude[i] = _mm256_abs_epi8(w[i]);
    }
  }
  static HEARTH_INLINE I dot_book(const BookGroup& group, const std::int8_t* a, I sum) {
    return scaled_dot_book(group, a, 0, _mm256_set1_epi16(1), sum);
  }
  // sum_of_a: of the 32 activations.
  static HEARTH_INLINE I scaled_dot_book(const BookGroup& group, const std::int8_t* a, int, I scale, I sum) {
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      const I signed_a = _mm256_sign_epi8(broadcast(a + 4 * i), group.w[i]);
      sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(group.magnitude[i], signed_a), scale));
    }
    return sum;
  }
  // Columns 16 kHalf .. 16 kHalf + 15 of the 32 that a points to.
  template <int kHalf>
  static HEARTH_INLINE I dot_signed_half(const SignedGroup& group, const std::int8_t* a) {
    I sum = int_zero();
#pragma GCC unroll 4
    for (int i = 4 * kHalf; i < 4 * kHalf + 4; ++i) {
      const I signed_a = _mm256_sign_epi8(broadcast(a + 4 * i), load_bytes(group.w + 32 * i));
      const I pairs = _mm256_maddubs_epi16(group.magnitude[i], signed_a);
      sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
    }
    return sum;
  }
  static HEARTH_INLINE I dot_signed(const SignedGroup& group, const std::int8_t* a, I sum) {
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      const I signed_a = _mm256_sign_epi8(broadcast(a + 4 * i), load_bytes(group.w + 32 * i));
      const I pairs = _mm256_maddubs_epi16(group.magnitude[i], signed_a);
      sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
    }
    return sum;
  }
};

}  // namespace hearth::kernels::avx2
