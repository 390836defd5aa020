#include <cstring>

#include "quant/packed/pack.h"

namespace hearth::quant::packed {
namespace {

template <std::size_t kBytes>
void pack_column(const PackBlock& block) {
  for (std::size_t row = 0; row < block.rows.size(); ++row) {
    if (block.rows[row] != nullptr) {
      std::memcpy(block.out + row * kBytes, block.rows[row] + block.block_index * static_cast<std::int64_t>(kBytes),
                  kBytes);
    }
  }
}

}  // namespace

void pack_block_f32(const PackBlock& block) {
  pack_column<4>(block);
}

void pack_block_16_bit(const PackBlock& block) {
  pack_column<2>(block);
}

}  // namespace hearth::quant::packed
