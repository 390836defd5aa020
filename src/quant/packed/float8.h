// 8-bit floats with scales per block of rows and columns (FP8 checkpoints).
//
// A panel: kRows int32, the row of PackedMatrix::scales that each row of the panel uses, then the bytes,
// [n_cols][kRows]. One scale per tensor, per row or per 128 x 128 block are the same thing with other extents. A weight
// is its 8-bit float times its scale, rounded once to fp32. Written by pack_float8.cpp, read by the float GEMM of
// kernels.
#pragma once

#include "quant/packed/inline.h"
#include "quant/packed/packed_matrix.h"

namespace hearth::quant::packed {

template <typename Isa>
struct F8E4M3Loader {
  static HEARTH_INLINE typename Isa::F load(const unsigned char* p) { return Isa::load_f8_e4m3(p); }
};

template <typename Isa>
struct F8E5M2Loader {
  static HEARTH_INLINE typename Isa::F load(const unsigned char* p) { return Isa::load_f8_e5m2(p); }
};

template <typename Isa, typename Load>
struct UnpackFloat8 {
  // [n_k][kRows] floats of columns k .. k + n_k.
  static HEARTH_INLINE void slice(const PackedMatrix& w, const unsigned char* panel, std::int64_t k, std::int64_t n_k,
                                  float* out) {
    std::int32_t scale_rows[Isa::kRows];
    __builtin_memcpy(scale_rows, panel, sizeof(scale_rows));
    const unsigned char* from = panel + sizeof(scale_rows) + k * Isa::kRows;
    for (const std::int64_t end = k + n_k; k < end;) {
      const std::int64_t scale_col = k / w.scale_cols;
      float lanes[Isa::kRows];
      for (int i = 0; i < Isa::kRows; ++i) {
        lanes[i] = w.scales[scale_rows[i] * w.n_scale_cols + scale_col];
      }
      const typename Isa::F scale = Isa::load(lanes);
      const std::int64_t next = (scale_col + 1) * w.scale_cols;
      for (const std::int64_t stop = next < end ? next : end; k < stop; ++k) {
        Isa::store(out, Isa::mul(Load::load(from), scale));
        from += Isa::kRows;
        out += Isa::kRows;
      }
    }
  }
};

}  // namespace hearth::quant::packed
