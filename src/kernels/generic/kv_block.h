// One head's keys and values of one cache block: where they are, how they are written, how they become fp32.
//
// Keys are [head_dim][32 positions], values [32 positions][head_dim], in f32, f16 or q8_0. q8_0 keeps one f16 scale per
// position and 32 dimensions: for keys each group of 32 dimensions is 32 scales, then [dims][32] int8; for values all
// scales [32][groups] come first, then [32][head_dim] int8. Used by generic/attention.h and store_kv.
#pragma once

#include "kernels/attention.h"
#include "kernels/generic/math.h"
#include "quant/packed/floats.h"
#include "quant/packed/inline.h"

namespace hearth::kernels::generic {

inline constexpr int kPositions = kKvBlockPositions;

HEARTH_INLINE unsigned char* kv_address(const KvView& kv, std::int64_t block, std::int32_t layer, std::int32_t kv_head,
                                        bool is_value) {
  return kv.base + block * kv.block_bytes + layer * kv.layer_bytes + (is_value ? kv.value_offset : 0) +
         kv_head * kv.head_bytes;
}

HEARTH_INLINE std::int32_t scale_groups(std::int32_t head_dim) {
  return (head_dim + 31) / 32;
}

// One f32 as f16 and back through the level's own conversion.
template <typename Isa>
HEARTH_INLINE void put_f16(unsigned char* to, float value) {
  unsigned char halves[2 * Isa::kRows];
  Isa::store_f16(halves, Isa::floats(value));
  __builtin_memcpy(to, halves, 2);
}

template <typename Isa>
HEARTH_INLINE float get_f16(const unsigned char* from) {
  unsigned char halves[2 * Isa::kRows] = {};
  float lanes[Isa::kRows];
  __builtin_memcpy(halves, from, 2);
  Isa::store(lanes, Isa::load_f16(halves));
  return lanes[0];
}

// Up to 32 values as int8 times an f16 scale. Returns the scale as stored.
template <typename Isa>
HEARTH_INLINE void quantize_kv(const float* x, std::int32_t n, unsigned char* scale, std::int8_t* q) {
  float largest = 0;
  for (std::int32_t i = 0; i < n; ++i) {
    const float size = x[i] < 0 ? -x[i] : x[i];
    largest = size > largest ? size : largest;
  }
  put_f16<Isa>(scale, largest / 127.0F);
  const float d = get_f16<Isa>(scale);
  const float inverse = d > 0 ? 1.0F / d : 0.0F;
  for (std::int32_t i = 0; i < n; i += Isa::kRows) {
    const std::int32_t left = n - i < Isa::kRows ? n - i : Isa::kRows;
    const auto scaled = Isa::round_to_int(Isa::mul(load_some<Isa>(x + i, left, 0), Isa::floats(inverse)));
    std::int8_t bytes[Isa::kRows];
    Isa::store_i8(bytes, Isa::max_int(scaled, Isa::ints(-127)));
    __builtin_memcpy(q + i, bytes, static_cast<unsigned long>(left));
  }
}

template <typename Isa>
HEARTH_INLINE void store_key(const KvView& kv, const float* key, std::int32_t offset, unsigned char* to) {
  const std::int32_t dim = kv.head_dim;
  if (kv.type == KvType::kF32) {
    for (std::int32_t d = 0; d < dim; ++d) {
      __builtin_memcpy(to + 4 * (d * kPositions + offset), key + d, 4);
    }
  } else if (kv.type == KvType::kF16) {
    for (std::int32_t d = 0; d < dim; d += Isa::kRows) {
      const std::int32_t n = dim - d < Isa::kRows ? dim - d : Isa::kRows;
      unsigned char halves[2 * Isa::kRows];
      Isa::store_f16(halves, n == Isa::kRows ? Isa::load(key + d) : load_some<Isa>(key + d, n, 0));
      for (std::int32_t i = 0; i < n; ++i) {
        __builtin_memcpy(to + 2 * ((d + i) * kPositions + offset), halves + 2 * i, 2);
      }
    }
  } else {
    for (std::int32_t d = 0; d < dim; d += 32) {
      const std::int32_t n = dim - d < 32 ? dim - d : 32;
      std::int8_t q[32];
      quantize_kv<Isa>(key + d, n, to + 2 * offset, q);
      for (std::int32_t i = 0; i < n; ++i) {
        __builtin_memcpy(to + 2 * kPositions + i * kPositions + offset, q + i, 1);
      }
      to += 2 * kPositions + n * kPositions;
    }
  }
}

template <typename Isa>
HEARTH_INLINE void store_value(const KvView& kv, const float* value, std::int32_t offset, unsigned char* to) {
  const std::int32_t dim = kv.head_dim;
  if (kv.type == KvType::kF32) {
    __builtin_memcpy(to + 4 * offset * dim, value, 4 * static_cast<unsigned long>(dim));
  } else if (kv.type == KvType::kF16) {
    for (std::int32_t d = 0; d < dim; d += Isa::kRows) {
      const std::int32_t n = dim - d < Isa::kRows ? dim - d : Isa::kRows;
      unsigned char halves[2 * Isa::kRows];
      Isa::store_f16(halves, n == Isa::kRows ? Isa::load(value + d) : load_some<Isa>(value + d, n, 0));
      __builtin_memcpy(to + 2 * (offset * dim + d), halves, 2 * static_cast<unsigned long>(n));
    }
  } else {
    const std::int32_t groups = scale_groups(dim);
    auto* q = reinterpret_cast<std::int8_t*>(to + 2 * kPositions * groups) + offset * dim;
    for (std::int32_t g = 0; g < groups; ++g) {
      const std::int32_t n = dim - 32 * g < 32 ? dim - 32 * g : 32;
      quantize_kv<Isa>(value + 32 * g, n, to + 2 * (offset * groups + g), q + 32 * g);
    }
  }
}

template <typename Isa>
void store_kv(const KvStore& task) {
  const KvView& kv = *task.kv;
  store_key<Isa>(kv, task.key, task.offset, kv_address(kv, task.block, task.layer, task.kv_head, false));
  store_value<Isa>(kv, task.value, task.offset, kv_address(kv, task.block, task.layer, task.kv_head, true));
}

// Keys as fp32 [head_dim][32].
template <typename Isa>
HEARTH_INLINE void load_keys(const KvView& kv, const unsigned char* from, float* out) {
  const std::int32_t n = kv.head_dim * kPositions;
  if (kv.type == KvType::kF32) {
    __builtin_memcpy(out, from, 4 * static_cast<unsigned long>(n));
  } else if (kv.type == KvType::kF16) {
    for (std::int32_t i = 0; i < n; i += Isa::kRows) {
      Isa::store(out + i, Isa::load_f16(from + 2 * i));
    }
  } else {
    for (std::int32_t first = 0; first < kv.head_dim; first += 32) {
      const std::int32_t dims = kv.head_dim - first < 32 ? kv.head_dim - first : 32;
      const auto* q = reinterpret_cast<const std::int8_t*>(from + 2 * kPositions);
      for (std::int32_t p = 0; p < kPositions; p += Isa::kRows) {
        const auto scale = Isa::load_f16(from + 2 * p);
        for (std::int32_t d = 0; d < dims; ++d) {
          Isa::store(out + (first + d) * kPositions + p, Isa::mul(scale, Isa::load_i8(q + d * kPositions + p)));
        }
      }
      from += 2 * kPositions + dims * kPositions;
    }
  }
}

// n elements of one row of values, n not a multiple of a vector: the last lanes are zero and their memory is not read.
template <typename Isa, typename Load>
HEARTH_INLINE void load_row(const unsigned char* from, std::int32_t n, typename Isa::F scale, float* out) {
  std::int32_t d = 0;
  for (; d + Isa::kRows <= n; d += Isa::kRows) {
    Isa::store(out + d, Isa::mul(Load::load(from + d * Load::kBytes), scale));
  }
  if (d < n) {
    unsigned char whole[Load::kBytes * Isa::kRows] = {};
    __builtin_memcpy(whole, from + d * Load::kBytes, static_cast<unsigned long>((n - d) * Load::kBytes));
    Isa::store(out + d, Isa::mul(Load::load(whole), scale));
  }
}

template <typename Isa>
struct I8Loader {
  static constexpr int kBytes = 1;
  static HEARTH_INLINE typename Isa::F load(const unsigned char* p) {
    return Isa::load_i8(reinterpret_cast<const std::int8_t*>(p));
  }
};

// Values as fp32 [32][padded_dim], zero beyond head_dim.
template <typename Isa>
HEARTH_INLINE void load_values(const KvView& kv, const unsigned char* from, std::int32_t padded_dim, float* out) {
  const std::int32_t dim = kv.head_dim;
  const auto one = Isa::floats(1.0F);
  if (kv.type == KvType::kF16 && dim == padded_dim) {
    for (std::int32_t i = 0; i < kPositions * dim; i += Isa::kRows) {
      Isa::store(out + i, Isa::load_f16(from + 2 * i));
    }
    return;
  }
  const std::int32_t groups = scale_groups(dim);
  const unsigned char* q = from + 2 * kPositions * groups;
  for (std::int32_t p = 0; p < kPositions; ++p) {
    float* row = out + p * padded_dim;
    if (kv.type == KvType::kF32) {
      load_row<Isa, quant::packed::F32Loader<Isa>>(from + 4 * p * dim, dim, one, row);
    } else if (kv.type == KvType::kF16) {
      load_row<Isa, quant::packed::F16Loader<Isa>>(from + 2 * p * dim, dim, one, row);
    } else {
      for (std::int32_t g = 0; g < groups; ++g) {
        const std::int32_t n = dim - 32 * g < 32 ? dim - 32 * g : 32;
        const auto scale = Isa::floats(get_f16<Isa>(from + 2 * (p * groups + g)));
        load_row<Isa, I8Loader<Isa>>(q + p * dim + 32 * g, n, scale, row + 32 * g);
      }
    }
  }
}

}  // namespace hearth::kernels::generic
