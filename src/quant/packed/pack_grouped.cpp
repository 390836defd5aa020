#include "quant/packed/pack_grouped.h"

#include <cstring>

#include "base/check.h"
#include "quant/packed/panel_writer.h"

namespace hearth::quant::packed {
namespace {

constexpr std::int64_t kBlockCols = 32;
constexpr int kTwoLevelBits = 4;

// Bits of the numbers in the plane at the start of a panel; 0: there is none.
int plane_bits(const PackedMatrix& matrix, int code_bits) {
  if (matrix.group_scale == GroupScale::kTwoLevel) {
    return kTwoLevelBits;
  }
  return matrix.group_zero == GroupZero::kStored ? code_bits : 0;
}

std::int64_t scale_bytes(GroupScale scale) {
  switch (scale) {
    case GroupScale::kTwoLevel:
      return 0;
    case GroupScale::kF32:
      return 4;
    case GroupScale::kF16:
    case GroupScale::kBf16:
      break;
  }
  return 2;
}

void put_codes(PanelWriter out, const std::uint8_t* codes, int bits) {
  std::uint8_t values[kBlockCols];
  std::memcpy(values, codes, sizeof(values));
  switch (bits) {
    case 2:
      return out.put_pairs(values, 0);
    case 3:
      out.put_pairs(values, 0);
      for (std::uint8_t& value : values) {
        value = static_cast<std::uint8_t>(value << 2);  // bit 2 to where the plane of single bits takes it from
      }
      return out.put_fifth_bits(values);
    case 4:
      return out.put_nibbles(values);
    case 5:
      out.put_nibbles(values);
      return out.put_fifth_bits(values);
    case 6:
      out.put_nibbles(values);
      return out.put_pairs(values, 4);
    default:
      for (std::uint8_t& value : values) {
        value ^= 0x80U;
      }
      return out.put_bytes(values, 8);
  }
}

// The small numbers of all groups, one row: 32 / bits of them in a dword.
void put_plane(std::byte* panel, std::size_t row, std::size_t n_rows, const std::vector<std::uint32_t>& numbers,
               int bits) {
  const auto per_dword = static_cast<std::size_t>(32 / bits);
  for (std::size_t first = 0; first < numbers.size(); first += per_dword) {
    std::uint32_t dword = 0;
    for (std::size_t i = 0; i < per_dword && first + i < numbers.size(); ++i) {
      dword |= numbers[first + i] << (static_cast<std::size_t>(bits) * i);
    }
    std::memcpy(panel + (first / per_dword * n_rows + row) * 4, &dword, 4);
  }
}

}  // namespace

void lay_out_groups(std::span<const ColumnGroup> columns, std::span<PackedGroup> groups, PackedMatrix& matrix) {
  HEARTH_CHECK(!columns.empty() && columns.size() == groups.size(), "a matrix has at least one group");
  HEARTH_CHECK(matrix.group_scale != GroupScale::kTwoLevel || matrix.group_zero == GroupZero::kMiddle,
               "a panel has one plane of small numbers");
  const std::int64_t rows = matrix.panel_rows;
  const int bits = plane_bits(matrix, columns.front().bits);
  const auto n_groups = static_cast<std::int64_t>(columns.size());
  std::int64_t offset = 0;
  if (bits > 0) {
    const std::int64_t per_dword = 32 / bits;
    offset = (n_groups + per_dword - 1) / per_dword * 4 * rows;
  }
  matrix.n_groups = static_cast<std::int32_t>(n_groups);
  matrix.n_cols = 0;
  const std::int64_t head = scale_bytes(matrix.group_scale) + (matrix.group_zero == GroupZero::kOffset ? 2 : 0);
  for (std::size_t g = 0; g < columns.size(); ++g) {
    const ColumnGroup& group = columns[g];
    HEARTH_CHECK(group.n_cols > 0 && group.n_cols % kBlockCols == 0, "groups hold whole blocks");
    HEARTH_CHECK(matrix.group_zero == GroupZero::kMiddle || group.bits == columns.front().bits,
                 "stored zeros are as wide as the codes, which have one width then");
    groups[g] = {.first_block = static_cast<std::int32_t>(matrix.n_cols / kBlockCols),
                 .n_blocks = static_cast<std::int32_t>(group.n_cols / kBlockCols),
                 .offset = offset,
                 .factor = group.factor,
                 .bits = group.bits};
    matrix.n_cols += group.n_cols;
    offset += (head + group.n_cols / 8 * group.bits) * rows;
  }
  matrix.panel_bytes = offset;
}

void GroupedPanel::reset(const PackedMatrix& matrix) {
  const auto rows = static_cast<std::size_t>(matrix.panel_rows);
  const auto n_groups = static_cast<std::size_t>(matrix.n_groups);
  codes.assign(rows * static_cast<std::size_t>(matrix.n_cols), 0);
  scales.assign(rows * n_groups, 0);
  zeros.assign(matrix.group_zero == GroupZero::kMiddle ? 0 : rows * n_groups, 0);
}

void pack_grouped_panel(const PackedMatrix& matrix, const GroupedPanel& source, std::byte* panel) {
  const auto rows = static_cast<std::size_t>(matrix.panel_rows);
  const auto n_groups = static_cast<std::size_t>(matrix.n_groups);
  const int bits = plane_bits(matrix, matrix.groups[0].bits);
  std::vector<std::uint32_t> small_numbers(bits > 0 ? n_groups : 0);
  std::memset(panel, 0, static_cast<std::size_t>(matrix.panel_bytes));
  for (std::size_t row = 0; row < rows; ++row) {
    const std::uint8_t* codes = source.codes.data() + row * static_cast<std::size_t>(matrix.n_cols);
    for (std::size_t g = 0; g < n_groups; ++g) {
      const PackedGroup& group = matrix.groups[g];
      const std::size_t at = row * n_groups + g;
      PanelWriter out(panel + group.offset, row, rows);
      if (matrix.group_scale == GroupScale::kF32) {
        std::uint8_t bytes[4];
        std::memcpy(bytes, &source.scales[at], 4);
        out.put_dword(bytes);
      } else if (matrix.group_scale == GroupScale::kTwoLevel) {
        small_numbers[g] = source.scales[at];
      } else {
        out.put_u16(static_cast<std::uint16_t>(source.scales[at]));
      }
      if (matrix.group_zero == GroupZero::kOffset) {
        out.put_u16(source.zeros[at]);
      } else if (matrix.group_zero == GroupZero::kStored) {
        small_numbers[g] = source.zeros[at];
      }
      for (std::int32_t block = 0; block < group.n_blocks; ++block) {
        put_codes(out, codes, group.bits);
        codes += kBlockCols;
        out.skip(group.bits);
      }
    }
    if (bits > 0) {
      put_plane(panel, row, rows, small_numbers, bits);
    }
  }
}

}  // namespace hearth::quant::packed
