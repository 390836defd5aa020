// The fp32 micro-kernel: a few rows of A times a few vectors of B, products added in ascending k.
//
// c[t][v] += Σ_k a[t * a_stride + k] * B[k][v]: one accumulator per output and one multiply-add per k, whatever the
// tile, so tiles of any shape give the same bits. The float GEMM, attention scores and the weighted sum of values are
// all made of it. Load turns stored elements (f32, f16, bf16) into a vector.
#pragma once

#include <cstdint>

#include "quant/packed/inline.h"

namespace hearth::kernels::generic {

// Vector v of row k of B starts at b + k * row_bytes + v * vector_bytes.
struct TileB {
  const unsigned char* data = nullptr;
  std::int64_t row_bytes = 0;
  std::int64_t vector_bytes = 0;
};

template <typename Isa, typename Load, int kRowsA, int kVectors>
HEARTH_INLINE void dot_tile(const float* a, std::int64_t a_stride, const TileB& b, std::int64_t n_k,
                            typename Isa::F (&c)[kRowsA][kVectors]) {
  const unsigned char* at = b.data;
  for (std::int64_t k = 0; k < n_k; ++k) {
    typename Isa::F column[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      column[v] = Load::load(at + v * b.vector_bytes);
    }
#pragma GCC unroll 12
    for (int t = 0; t < kRowsA; ++t) {
      const auto value = Isa::floats(a[t * a_stride + k]);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        c[t][v] = Isa::multiply_add(value, column[v], c[t][v]);
      }
    }
    at += b.row_bytes;
  }
}

}  // namespace hearth::kernels::generic
