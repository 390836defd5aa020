// PanelWriter: places the parts of one row's block into a panel block.
//
// Parts are written in the order in which they lie in the panel: 16-bit numbers of all rows side by side, then planes
// of dwords, vector after vector, each holding a dword of every row. for_each_row makes one for every row of a block.
// Used by the pack_*.cpp files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "quant/load_block.h"
#include "quant/packed/pack.h"

namespace hearth::quant::packed {

class PanelWriter {
 public:
  PanelWriter(std::byte* block, std::size_t row, std::size_t n_rows) : at_(block), row_(row), n_rows_(n_rows) {}

  void put_u8(std::uint8_t value) {
    std::memcpy(at_ + row_, &value, 1);
    at_ += n_rows_;
  }
  void put_u16(std::uint16_t value) {
    std::memcpy(at_ + 2 * row_, &value, 2);
    at_ += 2 * n_rows_;
  }
  void put_f32(float value) {
    std::memcpy(at_ + 4 * row_, &value, 4);
    at_ += 4 * n_rows_;
  }
  // Moves past n_dwords vectors.
  void skip(int n_dwords) { at_ += 4 * n_rows_ * static_cast<std::size_t>(n_dwords); }
  void put_dword(const std::uint8_t (&bytes)[4]) {
    std::memcpy(at_ + 4 * row_, bytes, 4);
    at_ += 4 * n_rows_;
  }
  // 4 * n_dwords bytes, a dword per vector.
  void put_bytes(const std::uint8_t* bytes, int n_dwords) {
    for (int i = 0; i < n_dwords; ++i) {
      std::memcpy(at_ + 4 * row_, bytes + 4 * i, 4);
      at_ += 4 * n_rows_;
    }
  }

  // 32 values as the planes of planes.h: bits 0..3, one bit, bits shift and shift + 1.
  void put_nibbles(const std::uint8_t (&values)[32]) {
    std::uint8_t bytes[16];
    for (int j = 0; j < 16; ++j) {
      bytes[j] = static_cast<std::uint8_t>((values[j] & 15) | ((values[j + 16] & 15) << 4));
    }
    put_bytes(bytes, 4);
  }
  void put_fifth_bits(const std::uint8_t (&values)[32]) { put_bits(values, 4); }
  void put_bits(const std::uint8_t (&values)[32], int bit) {
    std::uint8_t bytes[4] = {};
    for (int k = 0; k < 32; ++k) {
      bytes[k % 4] = static_cast<std::uint8_t>(bytes[k % 4] | (((values[k] >> bit) & 1) << (k / 4)));
    }
    put_dword(bytes);
  }
  void put_pairs(const std::uint8_t (&values)[32], int shift) {
    std::uint8_t bytes[8] = {};
    for (int k = 0; k < 32; ++k) {
      const int at = 4 * (k / 16) + k % 4;
      bytes[at] = static_cast<std::uint8_t>(bytes[at] | (((values[k] >> shift) & 3) << (2 * (k % 16 / 4))));
    }
    put_bytes(bytes, 2);
  }

 private:
  std::byte* at_;
  std::size_t row_;
  std::size_t n_rows_;
};

// Calls pack(source block, writer) for every row that exists.
template <typename Block, typename Pack>
void for_each_row(const PackBlock& block, Pack pack) {
  for (std::size_t row = 0; row < block.rows.size(); ++row) {
    if (block.rows[row] != nullptr) {
      pack(load_block<Block>(block.rows[row], block.block_index), PanelWriter(block.out, row, block.rows.size()));
    }
  }
}

}  // namespace hearth::quant::packed
