// The fp32 GEMM: float kinds always, and every quantised kind in exact precision.
//
// Outputs have one accumulator each and add their products in ascending K (dot_tile.h). Quantised panels are unpacked
// to fp32 in slices of K on the stack, bit for bit the source's values; accumulators of a group of rows live beside
// them, so a slice is unpacked once per group. Few rows of f16 or bf16 are converted in registers instead: the same
// numbers, without the round trip. Instantiated by kernels/isa/<level>/gemm_float.cpp and gemm_*.cpp.
#pragma once

#include "kernels/generic/dot_tile.h"
#include "kernels/generic/gemm.h"
#include "quant/packed/floats.h"

namespace hearth::kernels::generic {

inline constexpr int kSliceCols = 256;
inline constexpr int kFloatGroupRows = 48;
inline constexpr int kFloatTileRows = 6;

// Adds one slice of two panels (or one) to the accumulators of n rows: acc[(panel * kFloatGroupRows + row)].
template <typename Isa, typename Load, int kPanels, int kRowsA>
HEARTH_INLINE void slice_tile(const float* a, std::int64_t a_stride, const TileB& b, std::int64_t n_k,
                              typename Isa::F* acc) {
  typename Isa::F c[kRowsA][kPanels];
#pragma GCC unroll 6
  for (int t = 0; t < kRowsA; ++t) {
#pragma GCC unroll 2
    for (int v = 0; v < kPanels; ++v) {
      c[t][v] = acc[v * kFloatGroupRows + t];
    }
  }
  dot_tile<Isa, Load, kRowsA, kPanels>(a, a_stride, b, n_k, c);
#pragma GCC unroll 6
  for (int t = 0; t < kRowsA; ++t) {
#pragma GCC unroll 2
    for (int v = 0; v < kPanels; ++v) {
      acc[v * kFloatGroupRows + t] = c[t][v];
    }
  }
}

template <typename Isa, typename Load, int kPanels>
HEARTH_INLINE void slice_rows(const float* a, std::int64_t a_stride, const TileB& b, std::int64_t n_k, int n_rows,
                              typename Isa::F* acc) {
  int row = 0;
  for (; row + kFloatTileRows <= n_rows; row += kFloatTileRows) {
    slice_tile<Isa, Load, kPanels, kFloatTileRows>(a + row * a_stride, a_stride, b, n_k, acc + row);
  }
  for (; row + 2 <= n_rows; row += 2) {
    slice_tile<Isa, Load, kPanels, 2>(a + row * a_stride, a_stride, b, n_k, acc + row);
  }
  if (row < n_rows) {
    slice_tile<Isa, Load, kPanels, 1>(a + row * a_stride, a_stride, b, n_k, acc + row);
  }
}

template <typename Isa>
HEARTH_INLINE void store_group(const GemmOutput& out, const PackedMatrix& w, std::int64_t panel, int n_panels,
                               std::int64_t first_row, int n_rows, const typename Isa::F* acc) {
  for (int v = 0; v < n_panels; ++v) {
    for (int t = 0; t < n_rows; ++t) {
      store_outputs<Isa>(out, first_row + t, (panel + v) * Isa::kRows, w.n_rows, acc[v * kFloatGroupRows + t]);
    }
  }
}

// Panels [panel, panel + kPanels) with weights read in place.
template <typename Isa, typename Load, int kPanels>
void direct_panels(const PackedMatrix& w, const ActivationView& x, std::int64_t panel, const GemmOutput& out) {
  const std::int64_t stride = x.row_bytes / static_cast<std::int64_t>(sizeof(float));
  for (std::int64_t row = 0; row < x.n_rows; row += kFloatGroupRows) {
    const int n = static_cast<int>(x.n_rows - row < kFloatGroupRows ? x.n_rows - row : kFloatGroupRows);
    typename Isa::F acc[kPanels * kFloatGroupRows];
    for (auto& value : acc) {
      value = Isa::zero();
    }
    const float* a = reinterpret_cast<const float*>(x.data) + row * stride;
    for (std::int64_t k = 0; k < w.n_cols; k += kSliceCols) {
      const std::int64_t n_k = w.n_cols - k < kSliceCols ? w.n_cols - k : kSliceCols;
      const std::int64_t row_bytes = Load::kBytes * Isa::kRows;
      const TileB b{w.data + panel * w.panel_bytes + k * row_bytes, row_bytes, w.panel_bytes};
      slice_rows<Isa, Load, kPanels>(a + k, stride, b, n_k, n, acc);
    }
    store_group<Isa>(out, w, panel, kPanels, row, n, acc);
  }
}

// Unpack::slice(w, panel, k, n_k, out) writes [n_k][kRows] floats of the panel that starts at `panel`.
template <typename Isa, typename Unpack, int kPanels>
void unpacked_panels(const PackedMatrix& w, const ActivationView& x, std::int64_t panel, const GemmOutput& out) {
  alignas(64) float slice[kPanels * kSliceCols * Isa::kRows];
  const std::int64_t stride = x.row_bytes / static_cast<std::int64_t>(sizeof(float));
  for (std::int64_t row = 0; row < x.n_rows; row += kFloatGroupRows) {
    const int n = static_cast<int>(x.n_rows - row < kFloatGroupRows ? x.n_rows - row : kFloatGroupRows);
    typename Isa::F acc[kPanels * kFloatGroupRows];
    for (auto& value : acc) {
      value = Isa::zero();
    }
    const float* a = reinterpret_cast<const float*>(x.data) + row * stride;
    for (std::int64_t k = 0; k < w.n_cols; k += kSliceCols) {
      const std::int64_t n_k = w.n_cols - k < kSliceCols ? w.n_cols - k : kSliceCols;
      for (int v = 0; v < kPanels; ++v) {
        Unpack::slice(w, w.data + (panel + v) * w.panel_bytes, k, n_k, slice + v * kSliceCols * Isa::kRows);
      }
      constexpr std::int64_t kRowBytes = Isa::kRows * static_cast<std::int64_t>(sizeof(float));
      const TileB b{reinterpret_cast<const unsigned char*>(slice), kRowBytes, kSliceCols * kRowBytes};
      slice_rows<Isa, quant::packed::F32Loader<Isa>, kPanels>(a + k, stride, b, n_k, n, acc);
    }
    store_group<Isa>(out, w, panel, kPanels, row, n, acc);
  }
}

template <typename Isa, typename Kind>
struct UnpackBlocks {
  static HEARTH_INLINE void slice(const PackedMatrix&, const unsigned char* panel, std::int64_t k, std::int64_t n_k,
                                  float* out) {
    for (std::int64_t i = 0; i < n_k / Kind::kCols; ++i) {
      Kind::unpack(panel + (k / Kind::kCols + i) * Kind::kBlockBytes, out + i * Kind::kCols * Isa::kRows);
    }
  }
};

template <typename Isa, typename Load>
struct UnpackFloats {
  static HEARTH_INLINE void slice(const PackedMatrix&, const unsigned char* panel, std::int64_t k, std::int64_t n_k,
                                  float* out) {
    const unsigned char* from = panel + k * Load::kBytes * Isa::kRows;
    for (std::int64_t i = 0; i < n_k; ++i) {
      Isa::store(out + i * Isa::kRows, Load::load(from + i * Load::kBytes * Isa::kRows));
    }
  }
};

// Panels in pairs: two chains of multiply-adds per row hide their latency when there is one row.
template <typename Isa, typename Unpack>
void unpacked_gemm(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out) {
  std::int64_t panel = range.begin;
  for (; panel + 2 <= range.end; panel += 2) {
    unpacked_panels<Isa, Unpack, 2>(w, x, panel, out);
  }
  if (panel < range.end) {
    unpacked_panels<Isa, Unpack, 1>(w, x, panel, out);
  }
}

template <typename Isa, typename Load>
void direct_gemm(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out) {
  std::int64_t panel = range.begin;
  for (; panel + 2 <= range.end; panel += 2) {
    direct_panels<Isa, Load, 2>(w, x, panel, out);
  }
  if (panel < range.end) {
    direct_panels<Isa, Load, 1>(w, x, panel, out);
  }
}

template <typename Isa, typename Load>
void float_gemm(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out) {
  if (Load::kBytes == 4 || x.n_rows <= kFloatTileRows) {
    direct_gemm<Isa, Load>(w, x, range, out);
  } else {
    unpacked_gemm<Isa, UnpackFloats<Isa, Load>>(w, x, range, out);
  }
}

// Row `row` of w as floats.
template <typename Isa, typename Unpack>
void unpack_row(const PackedMatrix& w, std::int64_t row, float* values) {
  alignas(64) float slice[kSliceCols * Isa::kRows];
  const unsigned char* panel = w.data + row / Isa::kRows * w.panel_bytes;
  for (std::int64_t k = 0; k < w.n_cols; k += kSliceCols) {
    const std::int64_t n_k = w.n_cols - k < kSliceCols ? w.n_cols - k : kSliceCols;
    Unpack::slice(w, panel, k, n_k, slice);
    for (std::int64_t i = 0; i < n_k; ++i) {
      values[k + i] = slice[i * Isa::kRows + row % Isa::kRows];
    }
  }
}

}  // namespace hearth::kernels::generic
