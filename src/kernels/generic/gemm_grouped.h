// GEMM, exact GEMM and unpacking of integers in groups of columns and of 8-bit floats with scales. Instantiated by
// kernels/isa/<level>/gemm_grouped.cpp.
#pragma once

#include "kernels/generic/entry_points.h"
#include "kernels/generic/float_gemm.h"
#include "kernels/generic/gemm.h"
#include "quant/packed/float8.h"
#include "quant/packed/grouped.h"

namespace hearth::kernels::generic {

// The rows of a tile as quantised activations.
struct TileRows {
  const unsigned char* data;
  std::int64_t row_bytes;
  int n_rows;
};

template <typename Isa>
struct Grouped {
  using F = typename Isa::F;
  using Activation = quant::packed::ActivationBlock32;
  using Head = quant::packed::GroupHead<Isa>;
  static constexpr bool kColumnGroups = true;

  // Adds the blocks of one group, each by acc + minimum * Σ a + (scale * scale_a) * Σ code * q.
  template <int kBits, int kFixedRows>
  static HEARTH_INLINE void add_blocks(const Head& head, int n_blocks, const TileRows& x, F* acc) {
    using Block = quant::packed::GroupedBlock<Isa, kBits>;
    const int rows = kFixedRows > 0 ? kFixedRows : x.n_rows;
    const F minimum = head.minimum();
    const F scale = head.scale;
    const unsigned char* from = head.blocks;
    const unsigned char* column = x.data;
    for (int i = 0; i < n_blocks; ++i) {
      for (int ahead = 0; ahead < Block::kBytes; ahead += 64) {
        __builtin_prefetch(from + kPrefetchBytes + ahead);
      }
      Block block;
      block.decode(from);
      for (int t = 0; t < rows; ++t) {
        const auto& a = *reinterpret_cast<const Activation*>(column + t * x.row_bytes);
        const F with_minimum = Isa::multiply_add(minimum, Isa::floats(a.scaled_sum), acc[t]);
        acc[t] = Isa::multiply_add(Isa::to_float(block.dot(a)), Isa::mul(scale, Isa::floats(a.scale)), with_minimum);
      }
      from += Block::kBytes;
      column += sizeof(Activation);
    }
  }

  template <int kFixedRows>
  static HEARTH_INLINE void tile(const PackedMatrix& w, const unsigned char* panel, TileRows x, F* acc) {
    for (std::int32_t g = 0; g < w.n_groups; ++g) {
      const int n_blocks = w.groups[g].n_blocks;
      Head head;
      head.load(w, panel, g);
      switch (w.groups[g].bits) {
        case 2:
          add_blocks<2, kFixedRows>(head, n_blocks, x, acc);
          break;
        case 3:
          add_blocks<3, kFixedRows>(head, n_blocks, x, acc);
          break;
        case 4:
          add_blocks<4, kFixedRows>(head, n_blocks, x, acc);
          break;
        case 5:
          add_blocks<5, kFixedRows>(head, n_blocks, x, acc);
          break;
        case 6:
          add_blocks<6, kFixedRows>(head, n_blocks, x, acc);
          break;
        default:
          add_blocks<8, kFixedRows>(head, n_blocks, x, acc);
      }
      x.data += n_blocks * static_cast<std::int64_t>(sizeof(Activation));
    }
  }
};

template <typename Isa>
struct UnpackGrouped {
  using F = typename Isa::F;
  using Head = quant::packed::GroupHead<Isa>;

  template <int kBits>
  static HEARTH_INLINE void unpack_block(const PackedMatrix& w, const Head& head, int index, float* out) {
    using Block = quant::packed::GroupedBlock<Isa, kBits>;
    Block block;
    block.decode(head.blocks + index * Block::kBytes);
    for (int k = 0; k < 32; ++k) {
      const F scaled = Isa::mul(head.scale, Isa::sub(block.column(k), head.zero));
      const bool has_offset = w.group_zero == quant::packed::GroupZero::kOffset;
      Isa::store(out + k * Isa::kRows, has_offset ? Isa::add(scaled, head.offset) : scaled);
    }
  }

  static HEARTH_INLINE void unpack_any(const PackedMatrix& w, const Head& head, int bits, int index, float* out) {
    switch (bits) {
      case 2:
        return unpack_block<2>(w, head, index, out);
      case 3:
        return unpack_block<3>(w, head, index, out);
      case 4:
        return unpack_block<4>(w, head, index, out);
      case 5:
        return unpack_block<5>(w, head, index, out);
      case 6:
        return unpack_block<6>(w, head, index, out);
      default:
        return unpack_block<8>(w, head, index, out);
    }
  }

  // The last group that begins at or before `block`.
  static HEARTH_INLINE std::int32_t group_of(const PackedMatrix& w, std::int32_t block) {
    std::int32_t first = 0;
    std::int32_t end = w.n_groups;
    while (end - first > 1) {
      const std::int32_t middle = first + (end - first) / 2;
      if (w.groups[middle].first_block <= block) {
        first = middle;
      } else {
        end = middle;
      }
    }
    return first;
  }

  static HEARTH_INLINE void slice(const PackedMatrix& w, const unsigned char* panel, std::int64_t k, std::int64_t n_k,
                                  float* out) {
    auto block = static_cast<std::int32_t>(k / 32);
    const auto end = static_cast<std::int32_t>((k + n_k) / 32);
    for (std::int32_t g = group_of(w, block); block < end; ++g) {
      const quant::packed::PackedGroup& group = w.groups[g];
      Head head;
      head.load(w, panel, g);
      for (; block < end && block < group.first_block + group.n_blocks; ++block) {
        unpack_any(w, head, group.bits, block - group.first_block, out);
        out += 32 * Isa::kRows;
      }
    }
  }
};

template <typename Isa>
void gemm_grouped(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out) {
  gemm<Isa, Grouped<Isa>>(w, x, range, out);
}

template <typename Isa>
void exact_grouped(const PackedMatrix& w, const ActivationView& x, PanelRange range, const GemmOutput& out) {
  using namespace quant::packed;
  switch (w.kind) {
    case PackedKind::kF8E4M3:
      return unpacked_gemm<Isa, UnpackFloat8<Isa, F8E4M3Loader<Isa>>>(w, x, range, out);
    case PackedKind::kF8E5M2:
      return unpacked_gemm<Isa, UnpackFloat8<Isa, F8E5M2Loader<Isa>>>(w, x, range, out);
    default:
      return unpacked_gemm<Isa, UnpackGrouped<Isa>>(w, x, range, out);
  }
}

template <typename Isa>
void unpack_row_grouped(const PackedMatrix& w, std::int64_t row, float* values) {
  using namespace quant::packed;
  switch (w.kind) {
    case PackedKind::kF8E4M3:
      return unpack_row<Isa, UnpackFloat8<Isa, F8E4M3Loader<Isa>>>(w, row, values);
    case PackedKind::kF8E5M2:
      return unpack_row<Isa, UnpackFloat8<Isa, F8E5M2Loader<Isa>>>(w, row, values);
    default:
      return unpack_row<Isa, UnpackGrouped<Isa>>(w, row, values);
  }
}

}  // namespace hearth::kernels::generic
