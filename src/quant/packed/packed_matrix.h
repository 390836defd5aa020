// PackedMatrix: one weight matrix in the layout that the kernels of one ISA level read.
//
// Rows (outputs) are interleaved in panels of panel_rows, so that one vector load feeds panel_rows outputs; scales lie
// beside their block. Packing is a bijection: every kind unpacks to the source's values bit for bit. Plain data, no std
// types: kernels built with ISA flags include this header (style.md, "ISA level").
#pragma once

#include <cstddef>
#include <cstdint>

#include "quant/integer_block.h"

namespace hearth::quant::packed {

enum class PackedKind : std::uint8_t {
  kF32,
  kF16,
  kBf16,
  kU4Scale,     // Q4_0: 4-bit, one f16 scale per 32, implicit offset -8
  kU4ScaleMin,  // Q4_1: 4-bit, f16 scale and f16 minimum per 32
  kU5Scale,     // Q5_0: 5-bit, f16 scale per 32, implicit offset -16
  kU5ScaleMin,  // Q5_1
  kI8Scale,     // Q8_0: signed 8-bit, f16 scale per 32
  // The same with f32 scales and minimums, of ggml files of spring 2023.
  kU4ScaleF32,
  kU4ScaleMinF32,
  kI8ScaleF32,
  kQ2K,  // 2-bit super-blocks of 256, groups of 16 with 4-bit scale and minimum
  kQ3K,  // 3-bit super-blocks of 256, groups of 16 with 6-bit scale
  kQ4K,  // 4-bit super-blocks of 256, groups of 32 with 6-bit scale and minimum
  kQ5K,
  kQ6K,      // 6-bit super-blocks of 256, groups of 16 with 8-bit scale
  kIq4Nl,    // 4-bit places in a code book, f16 scale per 32
  kMxfp4,    // the same with a power of two as scale
  kIq4Xs,    // super-blocks of 256, groups of 32 with 6-bit scale
  kGrouped,  // GPTQ, AWQ, EXL2: 2- to 8-bit integers in groups of columns (grouped.h)
  kF8E4M3,   // bytes of 8-bit floats with scales per block of rows and columns (float8.h)
  kF8E5M2,
  // Any other encoding: the source's blocks, block after block those of all rows, decoded as they are read.
  kDecoded,          // to floats
  kDecodedIntegers,  // to integers under a scale per 16
  kCount,
};

// How the blocks of the kinds kDecoded… become numbers: functions of quant, built without the flags of any level.
struct BlockDecoder {
  // block_cols weights from one block.
  void (*to_floats)(const std::byte* block, float* values, std::int64_t n) = nullptr;
  DecodeIntegers to_integers = nullptr;  // kDecodedIntegers only
  std::int32_t block_cols = 0;           // a power of two, at most kMaxBlockSize
  std::int32_t block_bytes = 0;
  float factor = 1.0F;  // of every weight: NVFP4 has one per tensor, beside its blocks
};

// How a group of columns keeps the scale of each row.
enum class GroupScale : std::uint8_t {
  kF16,
  kBf16,
  kF32,
  kTwoLevel,  // EXL2: 4 bits s; the scale is (s + 1)^2 * PackedGroup::factor
};

// Which code stands for zero.
enum class GroupZero : std::uint8_t {
  kMiddle,  // 2^(bits - 1) everywhere
  kStored,  // a number of as many bits as a code per row and group
  kOffset,  // an f16 per row and group that is added to scale * code
};

// Columns of one number of bits and one scale per row.
struct PackedGroup {
  std::int32_t first_block = 0;  // in blocks of 32 columns
  std::int32_t n_blocks = 0;
  std::int64_t offset = 0;  // of its scales, from the start of a panel
  float factor = 1.0F;      // of GroupScale::kTwoLevel
  std::int32_t bits = 0;    // 2, 3, 4, 5, 6 or 8
};

struct PackedMatrix {
  PackedKind kind = PackedKind::kF32;
  std::int32_t panel_rows = 0;
  std::int64_t n_rows = 0;  // outputs; the last panel is padded with rows of zeroes
  std::int64_t n_cols = 0;  // inputs; a multiple of the kind's block
  std::int64_t panel_bytes = 0;
  const unsigned char* data = nullptr;  // 64-byte aligned; panel p starts at data + p * panel_bytes
  BlockDecoder decoder;                 // kDecoded… only

  // kGrouped only.
  const PackedGroup* groups = nullptr;  // [n_groups], in ascending columns without a gap
  std::int32_t n_groups = 0;
  GroupScale group_scale = GroupScale::kF16;
  GroupZero group_zero = GroupZero::kMiddle;

  // kF8… only: the scale of a weight is scales[i * n_scale_cols + column / scale_cols], i in its panel's head.
  const float* scales = nullptr;
  std::int64_t scale_cols = 0;
  std::int64_t n_scale_cols = 0;

  std::int64_t n_panels() const { return (n_rows + panel_rows - 1) / panel_rows; }
};

}  // namespace hearth::quant::packed
