// The integer GEMM: a panel of packed weights times tiles of activation rows.
//
// Every block of a panel is decoded once per tile and multiplied with all rows of the tile. Each output has one
// accumulator and adds its blocks in ascending K by the kind's own finish(), so neither the tile size nor the number
// of rows changes a bit. Instantiated by kernels/isa/<level>/gemm_*.cpp for Isa and a packed kind.
#pragma once

#include <cstdint>

#include "kernels/kernel_table.h"
#include "quant/packed/inline.h"

namespace hearth::kernels::generic {

// Rows of one tile: enough that decoding a block costs little per row, few enough that the accumulators and the lines
// of the activations stay in L1.
inline constexpr int kMaxTileRows = 32;
// Activations of a chunk of rows stay in L2 while all panels pass.
inline constexpr std::int64_t kChunkBytes = 192 << 10;
// How far ahead of the block in work weights are asked for: hardware prefetchers stop at every 4 KiB, and one core
// alone then reads a third less than memory gives.
inline constexpr int kPrefetchBytes = 2048;

template <typename Isa>
HEARTH_INLINE void store_outputs(const GemmOutput& out, std::int64_t row, std::int64_t first_output,
                                 std::int64_t n_outputs, typename Isa::F acc) {
  float* to = out.values + row * out.row_stride + first_output;
  if (n_outputs - first_output >= Isa::kRows) {
    if (out.bias != nullptr) {
      acc = Isa::add(acc, Isa::load(out.bias + first_output));
    }
    if (out.accumulate) {
      acc = Isa::add(Isa::load(to), acc);
    }
    Isa::store(to, acc);
    return;
  }
  float lanes[Isa::kRows];
  Isa::store(lanes, acc);
  for (std::int64_t i = 0; i < n_outputs - first_output; ++i) {
    const float value = out.bias != nullptr ? lanes[i] + out.bias[first_output + i] : lanes[i];
    to[i] = out.accumulate ? to[i] + value : value;
  }
}

// One panel and a tile of rows. kFixedRows > 0: that many rows, accumulators in registers; 0: n_rows of them.
template <typename Isa, typename Kind, int kFixedRows>
HEARTH_INLINE void gemm_tile(const unsigned char* panel, std::int64_t n_blocks, const unsigned char* x,
                             std::int64_t row_bytes, int n_rows, typename Isa::F* acc) {
  using Activation = typename Kind::Activation;
  constexpr int kGroups = Kind::kCols / 32;
  const int rows = kFixedRows > 0 ? kFixedRows : n_rows;
  typename Isa::I sums[kFixedRows > 0 ? kFixedRows : kMaxTileRows];
  for (std::int64_t i = 0; i < n_blocks; ++i) {
    const unsigned char* block = panel + i * Kind::kBlockBytes;
    const unsigned char* column = x + i * static_cast<std::int64_t>(sizeof(Activation));
    for (int ahead = 0; ahead < Kind::kBlockBytes; ahead += 64) {
      __builtin_prefetch(block + kPrefetchBytes + ahead);
    }
    typename Kind::Head head;
    Kind::decode_head(block, head);
    if constexpr (kGroups == 1) {
      typename Kind::Group group;
      Kind::decode_group(block, head, 0, group);
      for (int t = 0; t < rows; ++t) {
        const auto& a = *reinterpret_cast<const Activation*>(column + t * row_bytes);
        acc[t] = Kind::finish(head, a, Kind::dot(group, a, 0, Kind::start(a)), acc[t]);
      }
    } else {
      for (int t = 0; t < rows; ++t) {
        sums[t] = Kind::start(*reinterpret_cast<const Activation*>(column + t * row_bytes));
      }
      for (int g = 0; g < kGroups; ++g) {
        typename Kind::Group group;
        Kind::decode_group(block, head, g, group);
        for (int t = 0; t < rows; ++t) {
          const auto& a = *reinterpret_cast<const Activation*>(column + t * row_bytes);
          sums[t] = Kind::dot(group, a, g, sums[t]);
        }
      }
      for (int t = 0; t < rows; ++t) {
        const auto& a = *reinterpret_cast<const Activation*>(column + t * row_bytes);
        acc[t] = Kind::finish(head, a, sums[t], acc[t]);
      }
    }
  }
}

template <typename Isa, typename Kind, int kFixedRows>
void gemm_panel_tile(const PackedMatrix& w, const ActivationView& x, std::int64_t panel, std::int64_t first_row,
                     int n_rows, const GemmOutput& out) {
  typename Isa::F acc[kFixedRows > 0 ? kFixedRows : kMaxTileRows];
  const int rows = kFixedRows > 0 ? kFixedRows : n_rows;
  for (int t = 0; t < rows; ++t) {
    acc[t] = Isa::zero();
  }
  const unsigned char* weights = w.data + panel * w.panel_bytes;
  const unsigned char* activations = x.data + first_row * x.row_bytes;
  if constexpr (requires { Kind::kColumnGroups; }) {
    Kind::template tile<kFixedRows>(w, weights, {activations, x.row_bytes, n_rows}, acc);
  } else {
    gemm_tile<Isa, Kind, kFixedRows>(weights, w.n_cols / Kind::kCols, activations, x.row_bytes, n_rows, acc);
  }
  for (int t = 0; t < rows; ++t) {
    store_outputs<Isa>(out, first_row + t, panel * Isa::kRows, w.n_rows, acc[t]);
  }
}

template <typename Isa, typename Kind>
void gemm_panel(const PackedMatrix& w, const ActivationView& x, std::int64_t panel, PanelRange rows,
                const GemmOutput& out) {
  for (std::int64_t row = rows.begin; row < rows.end;) {
    const std::int64_t left = rows.end - row;
    const int n = static_cast<int>(left < kMaxTileRows ? left : kMaxTileRows);
    switch (n) {
      case 1:
        gemm_panel_tile<Isa, Kind, 1>(w, x, panel, row, n, out);
        break;
      case 2:
        gemm_panel_tile<Isa, Kind, 2>(w, x, panel, row, n, out);
        break;
      default:
        gemm_panel_tile<Isa, Kind, 0>(w, x, panel, row, n, out);
    }
    row += n;
  }
}

// out = x · wᵀ for the panels in range, x quantised in the kind's activation blocks.
template <typename Isa, typename Kind>
void gemm(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out) {
  std::int64_t chunk = kChunkBytes / (x.row_bytes > 0 ? x.row_bytes : 1) / kMaxTileRows * kMaxTileRows;
  if (chunk < kMaxTileRows) {
    chunk = kMaxTileRows;
  }
  for (std::int64_t row = 0; row < x.n_rows; row += chunk) {
    const std::int64_t end = row + chunk < x.n_rows ? row + chunk : x.n_rows;
    for (std::int64_t panel = range.begin; panel < range.end; ++panel) {
      gemm_panel<Isa, Kind>(w, x, panel, {row, end}, out);
    }
  }
}

}  // namespace hearth::kernels::generic
