// Isa of avx512: sixteen rows per vector, AVX-512 F, BW, VL, DQ and VNNI.
//
// The operations that the kernel templates and the packed kinds are written over, see isa/avx2/trait.h. Integer dot
// products are vpdpbusd: four unsigned x signed byte products added to int32, so nothing can saturate.
// Included only by the sources of this folder; everything is forced inline.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "quant/packed/inline.h"

namespace hearth::kernels::avx512 {

struct Isa {
  static constexpr int kRows = 16;
  // Whether fp32 tiles of several rows are worth their code; results are the same.
  static constexpr bool kWideTiles = true;
  using F = __m512;
  using I = __m512i;
  using Mask = __mmask16;

  // Floats.
  static HEARTH_INLINE F zero() { return _mm512_setzero_ps(); }
  static HEARTH_INLINE F floats(float value) { return _mm512_set1_ps(value); }
  static HEARTH_INLINE F load(const float* p) { return _mm512_loadu_ps(p); }
  static HEARTH_INLINE F load_f32(const unsigned char* p) { return _mm512_castsi512_ps(_mm512_loadu_si512(p)); }
  static HEARTH_INLINE F load_f16(const unsigned char* p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static HEARTH_INLINE F load_bf16(const unsigned char* p) {
    const __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
    return _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
  }
  // 8-bit floats, see isa/avx2/trait.h.
  static HEARTH_INLINE F load_f8_e4m3(const unsigned char* p) {
    const __m256i wide = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    const __m256i low = _mm256_and_si256(wide, _mm256_set1_epi16(0x7F));
    const __m256i nan = _mm256_and_si256(_mm256_cmpeq_epi16(low, _mm256_set1_epi16(0x7F)), _mm256_set1_epi16(0x7E00));
    const __m256i half = _mm256_and_si256(_mm256_slli_epi16(wide, 7), _mm256_set1_epi16(static_cast<short>(0xBF80)));
    return _mm512_mul_ps(_mm512_cvtph_ps(_mm256_or_si256(half, nan)), _mm512_set1_ps(256.0F));
  }
  static HEARTH_INLINE F load_f8_e5m2(const unsigned char* p) {
    const __m256i wide = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    return _mm512_cvtph_ps(_mm256_slli_epi16(wide, 8));
  }
  static HEARTH_INLINE F load_i8(const std::int8_t* p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
  }
  static HEARTH_INLINE void store(float* p, F v) { _mm512_storeu_ps(p, v); }
  static HEARTH_INLINE void store_f16(unsigned char* p, F v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
  }
  static HEARTH_INLINE F add(F a, F b) { return _mm512_add_ps(a, b); }
  static HEARTH_INLINE F sub(F a, F b) { return _mm512_sub_ps(a, b); }
  static HEARTH_INLINE F mul(F a, F b) { return _mm512_mul_ps(a, b); }
  static HEARTH_INLINE F div(F a, F b) { return _mm512_div_ps(a, b); }
  static HEARTH_INLINE F sqrt(F a) { return _mm512_sqrt_ps(a); }
  // The second operand when either is NaN.
  static HEARTH_INLINE F max(F a, F b) { return _mm512_max_ps(a, b); }
  static HEARTH_INLINE F min(F a, F b) { return _mm512_min_ps(a, b); }
  // a * b + c and c - a * b, rounded once.
  static HEARTH_INLINE F multiply_add(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
  static HEARTH_INLINE F negative_multiply_add(F a, F b, F c) { return _mm512_fnmadd_ps(a, b, c); }
  static HEARTH_INLINE Mask less(F a, F b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
  static HEARTH_INLINE F select(Mask mask, F yes, F no) { return _mm512_mask_blend_ps(mask, no, yes); }
  static HEARTH_INLINE F to_float(I a) { return _mm512_cvtepi32_ps(a); }
  static HEARTH_INLINE I round_to_int(F a) { return _mm512_cvtps_epi32(a); }
  static HEARTH_INLINE I bits(F a) { return _mm512_castps_si512(a); }
  static HEARTH_INLINE F from_bits(I a) { return _mm512_castsi512_ps(a); }
  // One fixed tree: lanes i and i + 8, then i + 4, i + 2 and i + 1.
  static HEARTH_INLINE float sum(F a) {
    const __m256 half = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
  }
  static HEARTH_INLINE float max_of(F a) {
    const __m256 half = _mm256_max_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
  }

  // 32-bit lanes and their bytes.
  static HEARTH_INLINE I int_zero() { return _mm512_setzero_si512(); }
  static HEARTH_INLINE I ints(std::int32_t value) { return _mm512_set1_epi32(value); }
  static HEARTH_INLINE I bytes(int value) { return _mm512_set1_epi8(static_cast<char>(value)); }
  static HEARTH_INLINE I load_bytes(const unsigned char* p) { return _mm512_loadu_si512(p); }
  // kRows unsigned numbers of one and two bytes.
  static HEARTH_INLINE I load_u8(const unsigned char* p) {
    return _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static HEARTH_INLINE I load_u16(const unsigned char* p) {
    return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  // Every byte (0..15) replaced by that byte of the 16 of low and high.
  static HEARTH_INLINE I look_up(std::uint64_t low, std::uint64_t high, I places) {
    const __m128i book = _mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low));
    return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(book), places);
  }
  // One dword from memory to all lanes.
  static HEARTH_INLINE I broadcast(const void* p) {
    std::int32_t value;
    __builtin_memcpy(&value, p, 4);
    return _mm512_set1_epi32(value);
  }
  static HEARTH_INLINE I bit_and(I a, I b) { return _mm512_and_si512(a, b); }
  static HEARTH_INLINE I bit_or(I a, I b) { return _mm512_or_si512(a, b); }
  template <int kBits>
  static HEARTH_INLINE I shift_left(I a) {
    return _mm512_slli_epi32(a, kBits);
  }
  template <int kBits>
  static HEARTH_INLINE I shift_right(I a) {
    return _mm512_srli_epi32(a, kBits);
  }
  template <int kBits>
  static HEARTH_INLINE I shift_right_signed(I a) {
    return _mm512_srai_epi32(a, kBits);
  }
  static HEARTH_INLINE I shift_left_by(I a, int n_bits) { return _mm512_sll_epi32(a, _mm_cvtsi32_si128(n_bits)); }
  static HEARTH_INLINE I shift_right_by(I a, int n_bits) { return _mm512_srl_epi32(a, _mm_cvtsi32_si128(n_bits)); }
  static HEARTH_INLINE I add_int(I a, I b) { return _mm512_add_epi32(a, b); }
  static HEARTH_INLINE I sub_int(I a, I b) { return _mm512_sub_epi32(a, b); }
  static HEARTH_INLINE I max_int(I a, I b) { return _mm512_max_epi32(a, b); }
  static HEARTH_INLINE std::int32_t sum_int(I a) { return _mm512_reduce_add_epi32(a); }
  static HEARTH_INLINE std::int32_t max_of_int(I a) { return _mm512_reduce_max_epi32(a); }
  // kRows lanes as int8, saturated.
  static HEARTH_INLINE void store_i8(std::int8_t* p, I a) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtsepi32_epi8(a));
  }

  // Integer dot products. The lanes of w hold four unsigned weights each, activations are int8.
  static HEARTH_INLINE I dot_pairs(I a, I b) { return _mm512_madd_epi16(a, b); }
  template <int kMaxWeight, int kVectors>
  static HEARTH_INLINE I dot(const I* w, const std::int8_t* a, I sum) {
    static_assert(kMaxWeight <= 255);
#pragma GCC unroll 8
    for (int i = 0; i < kVectors; ++i) {
      sum = _mm512_dpbusd_epi32(sum, w[i], broadcast(a + 4 * i));
    }
    return sum;
  }
  // What scaled_dot takes: the scale of each row as it is.
  static HEARTH_INLINE I scale_operand(I scale) { return scale; }
  template <int kMaxWeight, int kVectors>
  static HEARTH_INLINE I scaled_dot(const I* w, const std::int8_t* a, I scale, I sum) {
    const I group = dot<kMaxWeight, kVectors>(w, a, int_zero());
    return _mm512_add_epi32(sum, _mm512_mullo_epi32(group, scale));
  }

  // Signed 8-bit weights: 128 is added to make them unsigned, and -128 * Σ a starts the sum.
  struct SignedGroup {
    I w[8];
  };
  static HEARTH_INLINE void load_signed(const unsigned char* p, SignedGroup& group) {
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      group.w[i] = _mm512_xor_si512(load_bytes(p + 64 * i), bytes(0x80));
    }
  }
  // Signed weights that were decoded, not stored; sum_of_a: of the 32 activations.
  using BookGroup = SignedGroup;
  static HEARTH_INLINE void set_signed(const I (&w)[8], BookGroup& group) {
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      group.w[i] = _mm512_xor_si512(w[i], bytes(0x80));
    }
  }
  static HEARTH_INLINE I dot_book(const BookGroup& group, const std::int8_t* a, I sum) {
    return dot<255, 8>(group.w, a, sum);
  }
  static HEARTH_INLINE I scaled_dot_book(const BookGroup& group, const std::int8_t* a, int sum_of_a, I scale, I sum) {
    const I total = dot<255, 8>(group.w, a, ints(-128 * sum_of_a));
    return _mm512_add_epi32(sum, _mm512_mullo_epi32(total, scale));
  }
  static HEARTH_INLINE I signed_start(const std::int32_t* neg8_sum) { return shift_left<4>(broadcast(neg8_sum)); }
  // Columns 16 kHalf .. 16 kHalf + 15 of the 32 that a points to; what adding 128 to the weights added is taken away.
  template <int kHalf>
  static HEARTH_INLINE I dot_signed_half(const SignedGroup& group, const std::int8_t* a) {
    I sum = int_zero();
    I added = int_zero();
#pragma GCC unroll 4
    for (int i = 4 * kHalf; i < 4 * kHalf + 4; ++i) {
      const I four = broadcast(a + 4 * i);
      sum = _mm512_dpbusd_epi32(sum, group.w[i], four);
      added = _mm512_dpbusd_epi32(added, bytes(0x80), four);
    }
    return _mm512_sub_epi32(sum, added);
  }
  static HEARTH_INLINE I dot_signed(const SignedGroup& group, const std::int8_t* a, I sum) {
    return dot<255, 8>(group.w, a, sum);
  }
};

}  // namespace hearth::kernels::avx512
