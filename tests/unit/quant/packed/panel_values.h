// Reads single bits and numbers out of a packed panel by the layout that the headers of quant/packed describe.
//
// Shared by the tests of packing: written from the description, not from the code that packs or unpacks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace hearth::quant::packed {

struct PanelReader {
  const std::byte* panel;
  std::size_t n_rows;

  int byte_at(std::size_t offset) const { return static_cast<int>(panel[offset]); }
  // The 16-bit number of `row` in the strip that begins at `offset` bytes per row.
  int u16(std::size_t offset, std::size_t row) const {
    const std::size_t at = offset * n_rows + 2 * row;
    return byte_at(at) | (byte_at(at + 1) << 8);
  }
  // Byte b of the dword of `row` in vector v of the plane that begins at `offset` bytes per row.
  int plane_byte(std::size_t offset, std::size_t v, std::size_t row, std::size_t b) const {
    return byte_at(offset * n_rows + (v * n_rows + row) * 4 + b);
  }
  int nibble(std::size_t offset, std::size_t row, std::size_t column) const {
    const int byte = plane_byte(offset, column % 16 / 4, row, column % 4);
    return column < 16 ? byte & 15 : byte >> 4;
  }
  // Of a 1-bit plane.
  int fifth_bit(std::size_t offset, std::size_t row, std::size_t column) const {
    return (plane_byte(offset, 0, row, column % 4) >> (column / 4)) & 1;
  }
  int pair(std::size_t offset, std::size_t row, std::size_t column) const {
    return (plane_byte(offset, column / 16, row, column % 4) >> (2 * (column % 16 / 4))) & 3;
  }
};

inline std::vector<std::byte> random_bytes(std::size_t n, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::byte> bytes(n);
  for (std::byte& byte : bytes) {
    byte = static_cast<std::byte>(random() & 0xFFU);
  }
  return bytes;
}

}  // namespace hearth::quant::packed
