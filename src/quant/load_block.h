// load_block and store_block: the i-th block of a row, wherever the row starts.
//
// Tensor data in a file need not be aligned for the layout structs, so blocks are copied out and in instead of cast.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace hearth::quant {

template <typename Block>
Block load_block(const std::byte* blocks, std::int64_t i) {
  static_assert(std::is_trivially_copyable_v<Block>);
  Block block;
  std::memcpy(&block, blocks + i * static_cast<std::int64_t>(sizeof(Block)), sizeof(Block));
  return block;
}

template <typename Block>
void store_block(std::byte* blocks, std::int64_t i, const Block& block) {
  static_assert(std::is_trivially_copyable_v<Block>);
  std::memcpy(blocks + i * static_cast<std::int64_t>(sizeof(Block)), &block, sizeof(Block));
}

}  // namespace hearth::quant
