// Decoders of every encoding on arbitrary blocks: no read or write out of bounds, values
// that are the integers times the scales.
//
// The first byte chooses the encoding, the rest are its blocks.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "quant/block_type.h"

namespace {

using namespace hearth;

constexpr quant::BlockType kTypes[] = {
#define HEARTH_BLOCK_TYPE(enumerator, name, ggml_id, block_size, block_bytes, function) quant::BlockType::enumerator,
#include "quant/block_types.def"
};

bool same_bits(float a, float b) {
  return std::memcmp(&a, &b, sizeof(a)) == 0 || (std::isnan(a) && std::isnan(b));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const quant::BlockTypeInfo& type = quant::info(kTypes[data[0] % std::size(kTypes)]);
  const auto n_blocks = (size - 1) / static_cast<std::size_t>(type.block_bytes);
  // A copy of its exact size, so that a read past the last block is seen.
  const auto* first = reinterpret_cast<const std::byte*>(data + 1);
  const std::vector<std::byte> blocks(first, first + n_blocks * static_cast<std::size_t>(type.block_bytes));
  std::vector<float> values(n_blocks * static_cast<std::size_t>(type.block_size));
  type.dequantize_row(blocks.data(), values.data(), static_cast<std::int64_t>(values.size()));
  if (type.decode_integers == nullptr) {
    return 0;
  }
  for (std::size_t i = 0; i < n_blocks; ++i) {
    quant::IntegerBlock block;
    type.decode_integers(blocks.data() + i * static_cast<std::size_t>(type.block_bytes), block);
    for (int e = 0; e < type.block_size; ++e) {
      const float value = block.scales[e / quant::kScaleCols] * static_cast<float>(block.q[e]);
      HEARTH_CHECK(
          same_bits(value, values[i * static_cast<std::size_t>(type.block_size) + static_cast<std::size_t>(e)]),
          "values are integers times scales");
    }
  }
  return 0;
}
