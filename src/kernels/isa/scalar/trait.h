// Isa of scalar: eight rows per "vector" in plain C++, any CPU; what the vector levels are checked against.
//
// The operations that the kernel templates and the packed kinds are written over, see isa/avx2/trait.h. Products and
// sums are rounded separately: a fused multiply-add without its instruction would be a slow call.
// Included only by the sources of this folder; everything is forced inline.
#pragma once

#include <cstdint>

#include "quant/packed/inline.h"

namespace hearth::kernels::scalar {

struct Isa {
  static constexpr int kRows = 8;
  // Whether fp32 tiles of several rows are worth their code; results are the same.
  static constexpr bool kWideTiles = false;
  struct F {
    float v[kRows];
  };
  struct I {
    std::uint32_t v[kRows];
  };
  struct Mask {
    bool v[kRows];
  };

  template <typename To, typename From>
  static HEARTH_INLINE To cast(From from) {
    static_assert(sizeof(To) == sizeof(From));
    To to;
    __builtin_memcpy(&to, &from, sizeof(To));
    return to;
  }
  // value of byte `index` of a lane.
  static HEARTH_INLINE int unsigned_byte(std::uint32_t lane, int index) {
    return static_cast<int>((lane >> (8 * index)) & 0xFFU);
  }
  static HEARTH_INLINE int signed_byte(std::uint32_t lane, int index) {
    return static_cast<std::int8_t>(static_cast<std::uint8_t>(lane >> (8 * index)));
  }

  // Floats.
  static HEARTH_INLINE F zero() { return F{}; }
  static HEARTH_INLINE F floats(float value) {
    F out;
    for (float& lane : out.v) lane = value;
    return out;
  }
  static HEARTH_INLINE F load(const float* p) {
    F out;
    __builtin_memcpy(&out, p, sizeof(out));
    return out;
  }
  static HEARTH_INLINE F load_f32(const unsigned char* p) {
    F out;
    __builtin_memcpy(&out, p, sizeof(out));
    return out;
  }
  static HEARTH_INLINE float from_f16(std::uint16_t half) {
    const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16;
    const std::uint32_t exponent = (half >> 10) & 0x1FU;
    const std::uint32_t mantissa = half & 0x3FFU;
    if (exponent == 0x1F) {
      return cast<float>(sign | 0x7F800000U | (mantissa << 13));
    }
    if (exponent != 0) {
      return cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
    }
    return cast<float>(cast<std::uint32_t>(static_cast<float>(mantissa) * 0x1p-24F) | sign);
  }
  static HEARTH_INLINE F load_f16(const unsigned char* p) {
    F out;
    for (int i = 0; i < kRows; ++i) {
      std::uint16_t half;
      __builtin_memcpy(&half, p + 2 * i, 2);
      out.v[i] = from_f16(half);
    }
    return out;
  }
  static HEARTH_INLINE F load_bf16(const unsigned char* p) {
    F out;
    for (int i = 0; i < kRows; ++i) {
      std::uint16_t half;
      __builtin_memcpy(&half, p + 2 * i, 2);
      out.v[i] = cast<float>(static_cast<std::uint32_t>(half) << 16);
    }
    return out;
  }
  // 8-bit floats, see isa/avx2/trait.h.
  static HEARTH_INLINE F load_f8_e4m3(const unsigned char* p) {
    F out;
    for (int i = 0; i < kRows; ++i) {
      const bool is_nan = (p[i] & 0x7F) == 0x7F;
      const int half = ((p[i] & 0x80) << 8) | (is_nan ? 0x7E00 : (p[i] & 0x7F) << 7);
      out.v[i] = from_f16(static_cast<std::uint16_t>(half)) * 256.0F;
    }
    return out;
  }
  static HEARTH_INLINE F load_f8_e5m2(const unsigned char* p) {
    F out;
    for (int i = 0; i < kRows; ++i) out.v[i] = from_f16(static_cast<std::uint16_t>(p[i] << 8));
    return out;
  }
  static HEARTH_INLINE F load_i8(const std::int8_t* p) {
    F out;
    for (int i = 0; i < kRows; ++i) out.v[i] = static_cast<float>(p[i]);
    return out;
  }
  static HEARTH_INLINE void store(float* p, F a) { __builtin_memcpy(p, &a, sizeof(a)); }
  // Round to nearest even; see base/float16.h, which sources of kernels/isa must not include.
  static HEARTH_INLINE std::uint16_t to_f16(float value) {
    const auto word = cast<std::uint32_t>(value);
    const std::uint32_t sign = (word >> 16) & 0x8000U;
    const std::uint32_t magnitude = word & 0x7FFFFFFFU;
    std::uint32_t half;
    if (magnitude > 0x7F800000U) {
      half = 0x7E00U | ((magnitude >> 13) & 0x3FFU);
    } else if (magnitude >= 0x477FF000U) {
      half = 0x7C00U;
    } else if (magnitude < 0x38800000U) {
      half = cast<std::uint32_t>(cast<float>(magnitude) + 0.5F) - 0x3F000000U;
    } else {
      half = (magnitude + 0xFFFU + ((magnitude >> 13) & 1U) - 0x38000000U) >> 13;
    }
    return static_cast<std::uint16_t>(sign | half);
  }
  static HEARTH_INLINE void store_f16(unsigned char* p, F a) {
    for (int i = 0; i < kRows; ++i) {
      const std::uint16_t half = to_f16(a.v[i]);
      __builtin_memcpy(p + 2 * i, &half, 2);
    }
  }
  static HEARTH_INLINE F add(F a, F b) {
    for (int i = 0; i < kRows; ++i) a.v[i] += b.v[i];
    return a;
  }
  static HEARTH_INLINE F sub(F a, F b) {
    for (int i = 0; i < kRows; ++i) a.v[i] -= b.v[i];
    return a;
  }
  static HEARTH_INLINE F mul(F a, F b) {
    for (int i = 0; i < kRows; ++i) a.v[i] *= b.v[i];
    return a;
  }
  static HEARTH_INLINE F div(F a, F b) {
    for (int i = 0; i < kRows; ++i) a.v[i] /= b.v[i];
    return a;
  }
  static HEARTH_INLINE F sqrt(F a) {
    for (float& lane : a.v) lane = __builtin_sqrtf(lane);
    return a;
  }
  // The second operand when either is NaN.
  static HEARTH_INLINE F max(F a, F b) {
    for (int i = 0; i < kRows; ++i) a.v[i] = a.v[i] > b.v[i] ? a.v[i] : b.v[i];
    return a;
  }
  static HEARTH_INLINE F min(F a, F b) {
    for (int i = 0; i < kRows; ++i) a.v[i] = a.v[i] < b.v[i] ? a.v[i] : b.v[i];
    return a;
  }
  static HEARTH_INLINE F multiply_add(F a, F b, F c) { return add(mul(a, b), c); }
  static HEARTH_INLINE F negative_multiply_add(F a, F b, F c) { return sub(c, mul(a, b)); }
  static HEARTH_INLINE Mask less(F a, F b) {
    Mask out;
    for (int i = 0; i < kRows; ++i) out.v[i] = a.v[i] < b.v[i];
    return out;
  }
  static HEARTH_INLINE F select(Mask mask, F yes, F no) {
    for (int i = 0; i < kRows; ++i) no.v[i] = mask.v[i] ? yes.v[i] : no.v[i];
    return no;
  }
  static HEARTH_INLINE F to_float(I a) {
    F out;
    for (int i = 0; i < kRows; ++i) out.v[i] = static_cast<float>(static_cast<std::int32_t>(a.v[i]));
    return out;
  }
  // Nearest even; INT_MIN for NaN and for what does not fit 22 bits, as the vector instructions give for NaN.
  static HEARTH_INLINE I round_to_int(F a) {
    constexpr float kMagic = 12582912.0F;  // 1.5 * 2^23: its last mantissa bit counts ones
    I out;
    for (int i = 0; i < kRows; ++i) {
      const float x = a.v[i];
      const bool fits = x > -4194304.0F && x < 4194304.0F;
      out.v[i] = fits ? static_cast<std::uint32_t>(static_cast<std::int32_t>((x + kMagic) - kMagic)) : 0x80000000U;
    }
    return out;
  }
  static HEARTH_INLINE I bits(F a) { return cast<I>(a); }
  static HEARTH_INLINE F from_bits(I a) { return cast<F>(a); }
  // One fixed tree: lanes i and i + 4, then i and i + 2, then i and i + 1.
  static HEARTH_INLINE float sum(F a) {
    const float even = (a.v[0] + a.v[4]) + (a.v[2] + a.v[6]);
    const float odd = (a.v[1] + a.v[5]) + (a.v[3] + a.v[7]);
    return even + odd;
  }
  static HEARTH_INLINE float max_of(F a) {
    float out = a.v[0];
    for (const float lane : a.v) out = lane > out ? lane : out;
    return out;
  }

  // 32-bit lanes and their bytes.
  static HEARTH_INLINE I int_zero() { return I{}; }
  static HEARTH_INLINE I ints(std::int32_t value) {
    I out;
    for (std::uint32_t& lane : out.v) lane = static_cast<std::uint32_t>(value);
    return out;
  }
  static HEARTH_INLINE I bytes(int value) {
    return ints(static_cast<std::int32_t>(static_cast<std::uint32_t>(value) * 0x01010101U));
  }
  static HEARTH_INLINE I load_bytes(const unsigned char* p) {
    I out;
    __builtin_memcpy(&out, p, sizeof(out));
    return out;
  }
  // kRows unsigned numbers of one and two bytes.
  static HEARTH_INLINE I load_u8(const unsigned char* p) {
    I out;
    for (int i = 0; i < kRows; ++i) out.v[i] = p[i];
    return out;
  }
  static HEARTH_INLINE I load_u16(const unsigned char* p) {
    I out;
    for (int i = 0; i < kRows; ++i) out.v[i] = p[2 * i] | (static_cast<std::uint32_t>(p[2 * i + 1]) << 8);
    return out;
  }
  // Every byte (0..15) replaced by that byte of the 16 of low and high.
  static HEARTH_INLINE I look_up(std::uint64_t low, std::uint64_t high, I places) {
    for (std::uint32_t& lane : places.v) {
      std::uint32_t out = 0;
      for (int b = 0; b < 4; ++b) {
        const int place = unsigned_byte(lane, b);
        out |= static_cast<std::uint32_t>(((place < 8 ? low : high) >> (8 * (place % 8))) & 0xFF) << (8 * b);
      }
      lane = out;
    }
    return places;
  }
  static HEARTH_INLINE I broadcast(const void* p) {
    std::int32_t value;
    __builtin_memcpy(&value, p, 4);
    return ints(value);
  }
  static HEARTH_INLINE I bit_and(I a, I b) {
    for (int i = 0; i < kRows; ++i) a.v[i] &= b.v[i];
    return a;
  }
  static HEARTH_INLINE I bit_or(I a, I b) {
    for (int i = 0; i < kRows; ++i) a.v[i] |= b.v[i];
    return a;
  }
  static HEARTH_INLINE I shift_left_by(I a, int n_bits) {
    for (std::uint32_t& lane : a.v) lane <<= n_bits;
    return a;
  }
  static HEARTH_INLINE I shift_right_by(I a, int n_bits) {
    for (std::uint32_t& lane : a.v) lane >>= n_bits;
    return a;
  }
  template <int kBits>
  static HEARTH_INLINE I shift_left(I a) {
    return shift_left_by(a, kBits);
  }
  template <int kBits>
  static HEARTH_INLINE I shift_right(I a) {
    return shift_right_by(a, kBits);
  }
  template <int kBits>
  static HEARTH_INLINE I shift_right_signed(I a) {
    for (std::uint32_t& lane : a.v) lane = static_cast<std::uint32_t>(static_cast<std::int32_t>(lane) >> kBits);
    return a;
  }
  static HEARTH_INLINE I add_int(I a, I b) {
    for (int i = 0; i < kRows; ++i) a.v[i] += b.v[i];
    return a;
  }
  static HEARTH_INLINE I sub_int(I a, I b) {
    for (int i = 0; i < kRows; ++i) a.v[i] -= b.v[i];
    return a;
  }
  static HEARTH_INLINE I max_int(I a, I b) {
    for (int i = 0; i < kRows; ++i) {
      a.v[i] = static_cast<std::int32_t>(a.v[i]) > static_cast<std::int32_t>(b.v[i]) ? a.v[i] : b.v[i];
    }
    return a;
  }
  static HEARTH_INLINE std::int32_t sum_int(I a) {
    std::uint32_t out = 0;
    for (const std::uint32_t lane : a.v) out += lane;
    return static_cast<std::int32_t>(out);
  }
  static HEARTH_INLINE std::int32_t max_of_int(I a) {
    auto out = static_cast<std::int32_t>(a.v[0]);
    for (const std::uint32_t lane : a.v) {
      out = static_cast<std::int32_t>(lane) > out ? static_cast<std::int32_t>(lane) : out;
    }
    return out;
  }
  // kRows lanes as int8, saturated.
  static HEARTH_INLINE void store_i8(std::int8_t* p, I a) {
    for (int i = 0; i < kRows; ++i) {
      const auto lane = static_cast<std::int32_t>(a.v[i]);
      p[i] = static_cast<std::int8_t>(lane < -128 ? -128 : (lane > 127 ? 127 : lane));
    }
  }

  // Integer dot products.
  static HEARTH_INLINE I dot_pairs(I a, I b) {
    for (int i = 0; i < kRows; ++i) {
      const auto low = static_cast<std::int16_t>(a.v[i]) * static_cast<std::int16_t>(b.v[i]);
      const auto high = static_cast<std::int16_t>(a.v[i] >> 16) * static_cast<std::int16_t>(b.v[i] >> 16);
      a.v[i] = static_cast<std::uint32_t>(low) + static_cast<std::uint32_t>(high);
    }
    return a;
  }
  static HEARTH_INLINE I scale_operand(I scale) { return scale; }
  template <int kMaxWeight, int kVectors>
  static HEARTH_INLINE I scaled_dot(const I* w, const std::int8_t* a, I scale, I sum) {
    for (int i = 0; i < kRows; ++i) {
      std::int32_t group = 0;
      for (int k = 0; k < 4 * kVectors; ++k) {
        group += unsigned_byte(w[k / 4].v[i], k % 4) * a[k];
      }
      sum.v[i] += static_cast<std::uint32_t>(group * static_cast<std::int32_t>(scale.v[i]));
    }
    return sum;
  }
  template <int kMaxWeight, int kVectors>
  static HEARTH_INLINE I dot(const I* w, const std::int8_t* a, I sum) {
    return scaled_dot<kMaxWeight, kVectors>(w, a, ints(1), sum);
  }

  struct SignedGroup {
    I w[8];
  };
  static HEARTH_INLINE void load_signed(const unsigned char* p, SignedGroup& group) {
    for (int i = 0; i < 8; ++i) group.w[i] = load_bytes(p + 4 * kRows * i);
  }
  static HEARTH_INLINE I signed_start(const std::int32_t*) { return int_zero(); }
  // Signed weights that were decoded, not stored; sum_of_a: of the 32 activations.
  using BookGroup = SignedGroup;
  static HEARTH_INLINE void set_signed(const I (&w)[8], BookGroup& group) {
    for (int i = 0; i < 8; ++i) group.w[i] = w[i];
  }
  static HEARTH_INLINE I dot_book(const BookGroup& group, const std::int8_t* a, I sum) {
    return dot_signed(group, a, sum);
  }
  static HEARTH_INLINE I scaled_dot_book(const BookGroup& group, const std::int8_t* a, int, I scale, I sum) {
    const I total = dot_signed(group, a, int_zero());
    for (int i = 0; i < kRows; ++i) sum.v[i] += total.v[i] * scale.v[i];
    return sum;
  }
  // Columns 16 kHalf .. 16 kHalf + 15 of the 32 that a points to.
  template <int kHalf>
  static HEARTH_INLINE I dot_signed_half(const SignedGroup& group, const std::int8_t* a) {
    I sum;
    for (int i = 0; i < kRows; ++i) {
      std::int32_t total = 0;
      for (int k = 16 * kHalf; k < 16 * kHalf + 16; ++k) {
        total += signed_byte(group.w[k / 4].v[i], k % 4) * a[k];
      }
      sum.v[i] = static_cast<std::uint32_t>(total);
    }
    return sum;
  }
  static HEARTH_INLINE I dot_signed(const SignedGroup& group, const std::int8_t* a, I sum) {
    for (int i = 0; i < kRows; ++i) {
      std::int32_t total = 0;
      for (int k = 0; k < 32; ++k) {
        total += signed_byte(group.w[k / 4].v[i], k % 4) * a[k];
      }
      sum.v[i] += static_cast<std::uint32_t>(total);
    }
    return sum;
  }
};

}  // namespace hearth::kernels::scalar
