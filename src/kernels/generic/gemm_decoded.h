// GEMM, exact GEMM and unpacking of encodings without a packed kind of their own. Instantiated by
// kernels/isa/<level>/gemm_decoded.cpp.
//
// A panel keeps the source's blocks. Functions of quant, built without the flags of a level, decode the blocks of all
// rows for a stretch of columns; they are laid out as the dot products read them, once per tile of activation rows.
#pragma once

#include "kernels/generic/entry_points.h"
#include "kernels/generic/float_gemm.h"
#include "kernels/generic/gemm.h"
#include "quant/packed/activation_block.h"

namespace hearth::kernels::generic {

// Decoding costs several times a dot product, so tiles are larger than those of the other kinds.
inline constexpr int kDecodedTileRows = 128;

// Block `index` of row `row` of a panel.
template <typename Isa>
HEARTH_INLINE const std::byte* source_block(const PackedMatrix& w, const unsigned char* panel, std::int64_t index,
                                            std::int64_t row) {
  return reinterpret_cast<const std::byte*>(panel + (index * Isa::kRows + row) * w.decoder.block_bytes);
}

template <typename Isa>
struct UnpackDecoded {
  static HEARTH_INLINE void slice(const PackedMatrix& w, const unsigned char* panel, std::int64_t k, std::int64_t n_k,
                                  float* out) {
    const std::int64_t n = w.decoder.block_cols;
    float values[kSliceCols];
    for (std::int64_t column = 0; column < n_k; column += n) {
      for (int row = 0; row < Isa::kRows; ++row) {
        w.decoder.to_floats(source_block<Isa>(w, panel, (k + column) / n, row), values, n);
        for (std::int64_t i = 0; i < n; ++i) {
          out[(column + i) * Isa::kRows + row] = values[i] * w.decoder.factor;
        }
      }
    }
  }
};

// The integers and scales of a stretch of columns, a lane per row.
template <typename Isa>
struct DecodedColumns {
  alignas(64) unsigned char q[kSliceCols * Isa::kRows];  // [kSliceCols / 4][kRows] dwords of 4 columns
  alignas(64) float scales[kSliceCols / quant::kScaleCols * Isa::kRows];

  // Columns [k, k + n), whole blocks.
  HEARTH_INLINE void decode(const PackedMatrix& w, const unsigned char* panel, std::int64_t k, std::int64_t n) {
    const std::int64_t block_cols = w.decoder.block_cols;
    for (std::int64_t column = 0; column < n; column += block_cols) {
      for (int row = 0; row < Isa::kRows; ++row) {
        quant::IntegerBlock block;
        w.decoder.to_integers(source_block<Isa>(w, panel, (k + column) / block_cols, row), block);
        unsigned char* to = q + column * Isa::kRows + 4 * row;
        for (std::int64_t i = 0; i < block_cols; i += 4) {
          __builtin_memcpy(to + i * Isa::kRows, block.q + i, 4);
        }
        float* scale = scales + column / quant::kScaleCols * Isa::kRows + row;
        for (std::int64_t i = 0; i < block_cols / quant::kScaleCols; ++i) {
          scale[i * Isa::kRows] = block.scales[i] * w.decoder.factor;
        }
      }
    }
  }
};

// One panel and a tile of n_rows rows: per 16 columns acc + (scale * scale_a) * Σ q a.
template <typename Isa>
void decoded_tile(const PackedMatrix& w, const ActivationView& x, std::int64_t panel, PanelRange rows,
                  const GemmOutput& out) {
  using Activation = quant::packed::ActivationBlock32;
  typename Isa::F acc[kDecodedTileRows];
  const int n_rows = static_cast<int>(rows.end - rows.begin);
  for (int t = 0; t < n_rows; ++t) {
    acc[t] = Isa::zero();
  }
  const std::int64_t stretch = w.decoder.block_cols < 32 ? 32 : w.decoder.block_cols;
  DecodedColumns<Isa> columns;
  for (std::int64_t k = 0; k < w.n_cols; k += stretch) {
    columns.decode(w, w.data + panel * w.panel_bytes, k, stretch);
    for (std::int64_t g = 0; g < stretch / 32; ++g) {
      typename Isa::SignedGroup group;
      Isa::load_signed(columns.q + 32 * g * Isa::kRows, group);
      const auto low = Isa::load(columns.scales + 2 * g * Isa::kRows);
      const auto high = Isa::load(columns.scales + (2 * g + 1) * Isa::kRows);
      const unsigned char* column =
          x.data + rows.begin * x.row_bytes + (k / 32 + g) * static_cast<std::int64_t>(sizeof(Activation));
      for (int t = 0; t < n_rows; ++t) {
        const auto& a = *reinterpret_cast<const Activation*>(column + t * x.row_bytes);
        const auto scale = Isa::floats(a.scale);
        const auto sum_low = Isa::to_float(Isa::template dot_signed_half<0>(group, a.q));
        const auto sum_high = Isa::to_float(Isa::template dot_signed_half<1>(group, a.q));
        acc[t] = Isa::multiply_add(sum_low, Isa::mul(low, scale), acc[t]);
        acc[t] = Isa::multiply_add(sum_high, Isa::mul(high, scale), acc[t]);
      }
    }
  }
  for (int t = 0; t < n_rows; ++t) {
    store_outputs<Isa>(out, rows.begin + t, panel * Isa::kRows, w.n_rows, acc[t]);
  }
}

template <typename Isa>
void gemm_decoded(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out) {
  for (std::int64_t row = 0; row < x.n_rows; row += kDecodedTileRows) {
    const std::int64_t end = row + kDecodedTileRows < x.n_rows ? row + kDecodedTileRows : x.n_rows;
    for (std::int64_t panel = range.begin; panel < range.end; ++panel) {
      decoded_tile<Isa>(w, x, panel, {row, end}, out);
    }
  }
}

template <typename Isa>
void exact_decoded(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out) {
  unpacked_gemm<Isa, UnpackDecoded<Isa>>(w, x, range, out);
}

template <typename Isa>
void unpack_row_decoded(const PackedMatrix& w, std::int64_t row, float* values) {
  const unsigned char* panel = w.data + row / Isa::kRows * w.panel_bytes;
  const std::int64_t n = w.decoder.block_cols;
  for (std::int64_t i = 0; i < w.n_cols / n; ++i) {
    w.decoder.to_floats(source_block<Isa>(w, panel, i, row % Isa::kRows), values + i * n, n);
  }
  for (std::int64_t i = 0; w.decoder.factor != 1.0F && i < w.n_cols; ++i) {
    values[i] *= w.decoder.factor;
  }
}

}  // namespace hearth::kernels::generic
