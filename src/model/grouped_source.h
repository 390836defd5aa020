// GroupedSource: what the sources of grouped integers share, packing them row by row.
//
// A format's source (gptq_source.cpp, awq_source.cpp, exl2_source.cpp, compressed_source.cpp) says which columns form
// groups and reads one row as plain numbers; everything about panels is here.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "formats/quant_scheme.h"
#include "model/linear_tensors.h"
#include "model/quantized_source.h"
#include "quant/packed/pack_grouped.h"

namespace hearth::model {

// The columns of a matrix in packed order.
struct ColumnOrder {
  std::vector<std::int32_t> inputs;  // [n_cols] which input packed column j reads; empty: input j
  std::vector<std::int64_t> sizes;   // columns of each packed group
  std::vector<std::int32_t> groups;  // the group in the file that each packed group is
};

// One row as plain numbers.
struct GroupedRow {
  std::span<std::uint8_t> codes;    // [n_cols] in packed order
  std::span<std::uint32_t> scales;  // [n_groups] bits, as GroupScale says
  std::span<std::uint16_t> zeros;   // [n_groups] codes or f16 bits; empty with GroupZero::kMiddle
};

class GroupedSource : public QuantizedSource {
 public:
  void plan(kernels::PackedMatrix& matrix) const final;
  std::size_t table_bytes() const final;
  void write_table(kernels::PackedMatrix& matrix, std::byte* table) const final;
  void pack_panel(const kernels::PackedMatrix& matrix, std::span<const std::int64_t> rows,
                  std::byte* panel) const final;
  std::span<const std::int32_t> input_order() const final { return order_.inputs; }

 protected:
  virtual void read_row(std::int64_t row, const GroupedRow& out) const = 0;

  void set_columns(ColumnOrder order, std::int32_t bits);
  // Brings codes from the order of inputs into that of packed columns.
  void put_in_order(std::span<const std::uint8_t> codes, std::span<std::uint8_t> out) const;

  ColumnOrder order_;
  std::vector<quant::packed::ColumnGroup> groups_;
  quant::packed::GroupScale scale_ = quant::packed::GroupScale::kF16;
  quant::packed::GroupZero zero_ = quant::packed::GroupZero::kMiddle;
};

// How floats of a tensor's type are kept as scales; the type has been checked.
quant::packed::GroupScale group_scale(quant::BlockType type);

// Groups of group_size columns (0: not said, -1: all), the last one short, when there are n_groups of them; else equal
// parts where that is possible. `tensor` is named in errors. unsupported: groups that are no multiples of 32.
Result<ColumnOrder> even_groups(const formats::TensorView& tensor, std::int64_t n_cols, std::int64_t n_groups,
                                std::int64_t group_size);
// Groups by a tensor [n_cols] that holds the group of each input. Columns are sorted by group, stably. corrupt_file for
// a group beyond n_groups.
Result<ColumnOrder> indexed_groups(const formats::TensorView& index, std::int64_t n_cols, std::int64_t n_groups);
// Whether a tensor of int32 holds only zeroes.
bool is_all_zero(const formats::TensorView& tensor);

// numbers.size() numbers of `bits` from a little-endian stream of dwords that lie `stride` dwords apart.
void unpack_bits(const std::byte* words, std::int64_t stride, int bits, std::span<std::uint8_t> numbers);
// Number i of a stream of dwords, word(w) giving dword w.
template <typename Word>
std::uint32_t unpack_one(std::int64_t i, int bits, Word word) {
  const std::int64_t at = i * bits;
  const auto shift = static_cast<int>(at % 32);
  std::uint32_t value = word(at / 32) >> shift;
  if (shift + bits > 32) {
    value |= word(at / 32 + 1) << (32 - shift);
  }
  return value & ((1U << bits) - 1);
}

// n_rows outputs, which some formats pad to a multiple of 32: whether a tensor with `found` of them holds them.
bool holds_rows(std::int64_t found, std::int64_t n_rows);
// The inputs of a matrix must be whole blocks of 32; unsupported otherwise.
Status expect_whole_blocks(const LinearShape& shape);

// The readers of the formats. Errors: corrupt_file naming tensor, expected and found; unsupported.
Result<std::unique_ptr<QuantizedSource>> open_gptq(LinearTensors tensors, const formats::QuantScheme& scheme);
Result<std::unique_ptr<QuantizedSource>> open_awq(LinearTensors tensors, const formats::QuantScheme& scheme);
Result<std::unique_ptr<QuantizedSource>> open_exl2(LinearTensors tensors);
Result<std::unique_ptr<QuantizedSource>> open_compressed(LinearTensors tensors, const formats::QuantScheme& scheme);

}  // namespace hearth::model
