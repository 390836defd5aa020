#include "model/grouped_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

namespace hearth::model {
namespace {

using quant::packed::GroupedPanel;
using quant::packed::PackedGroup;

constexpr std::int64_t kBlockCols = 32;
constexpr std::int64_t kRowPadding = 32;

std::uint32_t load_word(const std::byte* words, std::int64_t index) {
  std::uint32_t word;
  std::memcpy(&word, words + index * 4, 4);
  return word;
}

// Numbers that do not straddle words.
template <int kBits>
void unpack_whole(const std::byte* words, std::int64_t stride, std::span<std::uint8_t> numbers) {
  constexpr std::size_t kPerWord = 32 / kBits;
  constexpr std::uint32_t kMask = (1U << kBits) - 1;
  std::size_t at = 0;
  for (std::int64_t w = 0; at < numbers.size(); ++w) {
    std::uint32_t word = load_word(words, w * stride);
    const std::size_t end = std::min(at + kPerWord, numbers.size());
    for (; at < end; ++at) {
      numbers[at] = static_cast<std::uint8_t>(word & kMask);
      word >>= kBits;
    }
  }
}

Status check_sizes(const formats::TensorView& tensor, const std::vector<std::int64_t>& sizes) {
  for (const std::int64_t size : sizes) {
    if (size % kBlockCols != 0) {
      return fail(ErrorCode::kUnsupported, fmt::format("tensor {}: a group has {} columns, expected a multiple of {}",
                                                       tensor.name, size, kBlockCols));
    }
  }
  return {};
}

}  // namespace

void GroupedSource::plan(kernels::PackedMatrix& matrix) const {
  std::vector<PackedGroup> groups(groups_.size());
  matrix.kind = kernels::PackedKind::kGrouped;
  matrix.group_scale = scale_;
  matrix.group_zero = zero_;
  quant::packed::lay_out_groups(groups_, groups, matrix);
}

std::size_t GroupedSource::table_bytes() const {
  return groups_.size() * sizeof(PackedGroup);
}

void GroupedSource::write_table(kernels::PackedMatrix& matrix, std::byte* table) const {
  auto* groups = reinterpret_cast<PackedGroup*>(table);
  matrix.groups = groups;
  quant::packed::lay_out_groups(groups_, {groups, groups_.size()}, matrix);
}

void GroupedSource::pack_panel(const kernels::PackedMatrix& matrix, std::span<const std::int64_t> rows,
                               std::byte* panel) const {
  GroupedPanel numbers;
  numbers.reset(matrix);
  const auto n_cols = static_cast<std::size_t>(matrix.n_cols);
  const std::size_t n_groups = groups_.size();
  const std::size_t n_zeros = zero_ == quant::packed::GroupZero::kMiddle ? 0 : n_groups;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] != kNoRow) {
      read_row(rows[i], {{numbers.codes.data() + i * n_cols, n_cols},
                         {numbers.scales.data() + i * n_groups, n_groups},
                         {numbers.zeros.data() + i * n_zeros, n_zeros}});
    }
  }
  quant::packed::pack_grouped_panel(matrix, numbers, panel);
}

void GroupedSource::set_columns(ColumnOrder order, std::int32_t bits) {
  order_ = std::move(order);
  groups_.clear();
  for (const std::int64_t size : order_.sizes) {
    groups_.push_back({.n_cols = size, .bits = bits});
  }
}

void GroupedSource::put_in_order(std::span<const std::uint8_t> codes, std::span<std::uint8_t> out) const {
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = codes[static_cast<std::size_t>(order_.inputs[i])];
  }
}

quant::packed::GroupScale group_scale(quant::BlockType type) {
  switch (type) {
    case quant::BlockType::kBf16:
      return quant::packed::GroupScale::kBf16;
    case quant::BlockType::kF32:
      return quant::packed::GroupScale::kF32;
    default:
      return quant::packed::GroupScale::kF16;
  }
}

Result<ColumnOrder> even_groups(const formats::TensorView& tensor, std::int64_t n_cols, std::int64_t n_groups,
                                std::int64_t group_size) {
  const std::int64_t said = group_size == -1 ? n_cols : group_size;
  std::int64_t size = said;
  if (said <= 0 || n_groups != n_cols / said + (n_cols % said != 0 ? 1 : 0)) {
    if (n_groups < 1 || n_cols % n_groups != 0) {
      return fail(ErrorCode::kCorruptFile,
                  fmt::format("tensor {}: expected groups of {} of {} columns, found {} groups", tensor.name,
                              said > 0 ? std::to_string(said) : std::string("equal size"), n_cols, n_groups));
    }
    size = n_cols / n_groups;
  }
  ColumnOrder order;
  for (std::int64_t first = 0; first < n_cols; first += size) {
    order.sizes.push_back(std::min(size, n_cols - first));
    order.groups.push_back(static_cast<std::int32_t>(order.groups.size()));
  }
  HEARTH_TRY_VOID(check_sizes(tensor, order.sizes));
  return order;
}

Result<ColumnOrder> indexed_groups(const formats::TensorView& index, std::int64_t n_cols, std::int64_t n_groups) {
  std::vector<std::int32_t> group_of(static_cast<std::size_t>(n_cols));
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(n_groups));
  for (std::int64_t k = 0; k < n_cols; ++k) {
    const std::int32_t group = element<std::int32_t>(index, k);
    if (group < 0 || group >= n_groups) {
      return fail(ErrorCode::kCorruptFile, fmt::format("tensor {}: expected groups 0 to {}, found {} for input {}",
                                                       index.name, n_groups - 1, group, k));
    }
    group_of[static_cast<std::size_t>(k)] = group;
    ++sizes[static_cast<std::size_t>(group)];
  }
  ColumnOrder order;
  for (std::size_t group = 0; group < sizes.size(); ++group) {
    if (sizes[group] > 0) {
      order.sizes.push_back(sizes[group]);
      order.groups.push_back(static_cast<std::int32_t>(group));
    }
  }
  HEARTH_TRY_VOID(check_sizes(index, order.sizes));
  if (!std::ranges::is_sorted(group_of)) {
    order.inputs.resize(static_cast<std::size_t>(n_cols));
    std::iota(order.inputs.begin(), order.inputs.end(), 0);
    std::ranges::stable_sort(order.inputs, {},
                             [&](std::int32_t input) { return group_of[static_cast<std::size_t>(input)]; });
  }
  return order;
}

bool is_all_zero(const formats::TensorView& tensor) {
  return std::ranges::all_of(tensor.bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

void unpack_bits(const std::byte* words, std::int64_t stride, int bits, std::span<std::uint8_t> numbers) {
  switch (bits) {
    case 2:
      return unpack_whole<2>(words, stride, numbers);
    case 4:
      return unpack_whole<4>(words, stride, numbers);
    case 8:
      return unpack_whole<8>(words, stride, numbers);
    default:
      break;
  }
  const std::uint32_t mask = (1U << bits) - 1;
  std::uint64_t buffer = 0;
  int n_held = 0;
  std::int64_t next = 0;
  for (std::uint8_t& number : numbers) {
    if (n_held < bits) {
      buffer |= static_cast<std::uint64_t>(load_word(words, next * stride)) << n_held;
      n_held += 32;
      ++next;
    }
    number = static_cast<std::uint8_t>(buffer & mask);
    buffer >>= bits;
    n_held -= bits;
  }
}

bool holds_rows(std::int64_t found, std::int64_t n_rows) {
  return found >= n_rows && found - n_rows < kRowPadding;
}

Status expect_whole_blocks(const LinearShape& shape) {
  if (shape.n_cols < kBlockCols || shape.n_cols % kBlockCols != 0) {
    return fail(ErrorCode::kUnsupported, fmt::format("{}: a quantised matrix of {} inputs, expected a multiple of {}",
                                                     shape.name, shape.n_cols, kBlockCols));
  }
  return {};
}

}  // namespace hearth::model
