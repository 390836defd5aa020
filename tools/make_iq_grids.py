#!/usr/bin/env python3
"""Writes src/quant/iq_grids.cpp from the grids under tests/golden/ggml-types/iq_grids.

    tools/make_iq_grids.py          rewrites the file; run clang-format on it afterwards

A grid is a list of rows of 4 or 8 small integers, of which only a few values occur. A row is stored as one 16-bit
number: the places of its integers in the list of values, first integer in the lowest bits.
"""
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# name, integers per row, name of the array
GRIDS = [("iq2_xxs", 8, "kIq2XxsGrid"), ("iq2_xs", 8, "kIq2XsGrid"), ("iq2_s", 8, "kIq2SGrid"),
         ("iq3_xxs", 4, "kIq3XxsGrid"), ("iq3_s", 4, "kIq3SGrid"), ("iq1_s", 8, "kIq1Grid")]
HEAD = """// generated table: tools/make_iq_grids.py writes it from tests/golden/ggml-types/iq_grids; do not edit.
//
// Source of the numbers: ggml-common.h, the grids iq2xxs_grid, iq2xs_grid, iq2s_grid, iq3xxs_grid, iq3s_grid, iq1s_grid.
#include "quant/iq_grids.h"

namespace hearth::quant {
namespace {

// Row r of the grid: integer i is values[(packed[r] >> (i * bits)) % 2^bits].
template <int kBits, std::size_t kRowSize, std::size_t kRows, std::size_t kValues>
constexpr std::array<IqRow<kRowSize>, kRows> expand(const std::uint16_t (&packed)[kRows],
                                                    const std::int8_t (&values)[kValues]) {
  std::array<IqRow<kRowSize>, kRows> grid{};
  for (std::size_t row = 0; row < kRows; ++row) {
    for (std::size_t i = 0; i < kRowSize; ++i) {
      grid[row][i] = values[(packed[row] >> (kBits * i)) & ((1U << kBits) - 1)];
    }
  }
  return grid;
}
"""


def packed_rows(data, row_size, values, bits):
    places = {value: place for place, value in enumerate(values)}
    for at in range(0, len(data), row_size):
        yield sum(places[value] << (i * bits) for i, value in enumerate(data[at:at + row_size]))


def main():
    tables, arrays = [], []
    for name, row_size, array in GRIDS:
        raw = (ROOT / "tests/golden/ggml-types/iq_grids" / f"{name}.i8").read_bytes()
        data = [byte - 256 if byte > 127 else byte for byte in raw]
        values = sorted(set(data))
        bits = (len(values) - 1).bit_length()
        assert bits * row_size <= 16
        numbers = [f"0x{number:04x}" for number in packed_rows(data, row_size, values, bits)]
        lines = "\n".join(", ".join(numbers[i:i + 14]) + "," for i in range(0, len(numbers), 14))
        tables.append(f"constexpr std::int8_t {array}Values[] = {{{', '.join(map(str, values))}}};\n"
                      f"constexpr std::uint16_t {array}Packed[] = {{\n{lines}\n}};\n")
        arrays.append(f"constexpr std::array<IqRow<{row_size}>, {len(numbers)}> {array} = "
                      f"expand<{bits}, {row_size}>({array}Packed, {array}Values);\n")
    text = HEAD + "\n" + "\n".join(tables) + "\n}  // namespace\n\n" + "\n".join(arrays) + "\n}  // namespace hearth::quant\n"
    (ROOT / "src/quant/iq_grids.cpp").write_text(text)


if __name__ == "__main__":
    main()
