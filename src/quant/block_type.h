// BlockType: how the weights of a tensor are stored on disk, and their exact values.
//
// One row of block_types.def per encoding and one quant/<type>.cpp, which has its decoder and the layout of its block
// (in quant/<type>.h where packing needs it). Dispatch, tests, benchmarks and docs iterate that list. dequantize_row()
// is the oracle that every packed kind is checked against.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "quant/integer_block.h"

namespace hearth::quant {

// The enumerators, in the order of block_types.def: kF32, kF16, kBf16, kQ4_0, …
enum class BlockType : std::uint8_t {
#define HEARTH_BLOCK_TYPE(enumerator, name, ggml_id, block_size, block_bytes, function) enumerator,
#include "quant/block_types.def"
};

// Exact values of n weights (a multiple of the block size) from consecutive blocks at any address.
using DequantizeRow = void (*)(const std::byte* blocks, float* values, std::int64_t n);

struct BlockTypeInfo {
  std::string_view name;  // the format's own spelling, "Q4_K"
  int ggml_id;            // the number in GGUF files; -1 for encodings that GGUF does not have
  int block_size;         // weights per block
  int block_bytes;        // bytes per block
  DequantizeRow dequantize_row;
  DecodeIntegers decode_integers;  // null where a block is not integers under scales
};

const BlockTypeInfo& info(BlockType type);
std::optional<BlockType> block_type_from_ggml_id(std::uint32_t ggml_id);
// The name of a ggml type, whether Hearth reads it or not, or "" for an unknown id.
std::string_view ggml_type_name(std::uint32_t ggml_id);
// Why a ggml type with a name is not read and what to do, for an error message; "" for the types that are read.
std::string_view why_ggml_type_is_not_read(std::uint32_t ggml_id);

// Bytes of a row of n weights; n must be a multiple of the block size.
std::int64_t row_bytes(BlockType type, std::int64_t n);

}  // namespace hearth::quant
