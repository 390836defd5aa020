// BlockType: how the weights of a tensor are stored on disk, and their exact values.
//
// One row of block_types.def per encoding; the layouts are in quant/<type>.h, one file each. Dispatch, tests,
// benchmarks and docs iterate that list. dequantize_row() is the oracle that every packed kind is checked against.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hearth::quant {

// The enumerators, in the order of block_types.def: kF32, kF16, kBf16, kQ4_0, …
enum class BlockType : std::uint8_t {
#define HEARTH_BLOCK_TYPE(enumerator, name, ggml_id, block_size, block_bytes, function) enumerator,
#include "quant/block_types.def"
#undef HEARTH_BLOCK_TYPE
};

struct BlockTypeInfo {
  std::string_view name;  // the format's own spelling, "Q4_K"
  int ggml_id;            // the number in GGUF files; -1 for encodings that GGUF does not have
  int block_size;         // weights per block
  int block_bytes;        // bytes per block
  // Exact values of n weights (a multiple of block_size) from consecutive blocks.
  void (*dequantize_row)(const std::byte* blocks, float* values, std::int64_t n);
};

const BlockTypeInfo& info(BlockType type);
std::optional<BlockType> block_type_from_ggml_id(std::uint32_t ggml_id);
// The name of a ggml type that Hearth knows about but does not read yet, or "" for an unknown id.
std::string_view ggml_type_name(std::uint32_t ggml_id);

// Bytes of a row of n weights; n must be a multiple of the block size.
std::int64_t row_bytes(BlockType type, std::int64_t n);

}  // namespace hearth::quant
