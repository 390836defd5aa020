#include "quant/block_type.h"

#include <array>

#include "base/check.h"

namespace hearth::quant {

// Every decoder of the list, each in the source of its type.
#define HEARTH_BLOCK_TYPE(enumerator, name, ggml_id, block_size, block_bytes, function) \
  void function(const std::byte* blocks, float* values, std::int64_t n);
#define HEARTH_INTEGER_TYPE(enumerator, name, ggml_id, block_size, block_bytes, function) \
  void function(const std::byte* block, IntegerBlock& out);
#include "quant/block_types.def"

namespace {

template <DecodeIntegers kDecode, int kBlockSize, int kBlockBytes>
void dequantize_integers(const std::byte* blocks, float* values, std::int64_t n) {
  static_assert(kBlockSize <= kMaxBlockSize && kBlockSize % kScaleCols == 0);
  for (std::int64_t i = 0; i < n / kBlockSize; ++i) {
    IntegerBlock block;
    kDecode(blocks + i * kBlockBytes, block);
    for (int e = 0; e < kBlockSize; ++e) {
      values[i * kBlockSize + e] = block.scales[e / kScaleCols] * static_cast<float>(block.q[e]);
    }
  }
}

constexpr std::array kInfos = {
#define HEARTH_BLOCK_TYPE(enumerator, name, ggml_id, block_size, block_bytes, function) \
  BlockTypeInfo{name, ggml_id, block_size, block_bytes, function, nullptr},
#define HEARTH_INTEGER_TYPE(enumerator, name, ggml_id, block_size, block_bytes, function)                          \
  BlockTypeInfo{name,    ggml_id, block_size, block_bytes, dequantize_integers<function, block_size, block_bytes>, \
                function},
#include "quant/block_types.def"
};

struct UnreadType {
  std::uint32_t id;
  std::string_view name;
  std::string_view reason;
};

constexpr std::string_view kWithdrawn = "it was withdrawn before GGUF; quantise the model anew";
constexpr std::string_view kInterleavedQ4 =
    "it is Q4_0 with its rows interleaved for one kind of CPU and was withdrawn in 2024; use the model's Q4_0 file";
constexpr std::string_view kInterleavedIq4 =
    "it is IQ4_NL with its rows interleaved for one kind of CPU; use the model's IQ4_NL file";

// Ids of enum ggml_type that have no row in block_types.def.
constexpr std::array kUnreadTypes = {
    UnreadType{4, "Q4_2", kWithdrawn},
    UnreadType{5, "Q4_3", kWithdrawn},
    UnreadType{31, "Q4_0_4_4", kInterleavedQ4},
    UnreadType{32, "Q4_0_4_8", kInterleavedQ4},
    UnreadType{33, "Q4_0_8_8", kInterleavedQ4},
    UnreadType{36, "IQ4_NL_4_4", kInterleavedIq4},
    UnreadType{37, "IQ4_NL_4_8", kInterleavedIq4},
    UnreadType{38, "IQ4_NL_8_8", kInterleavedIq4},
};

const UnreadType* find_unread(std::uint32_t ggml_id) {
  for (const UnreadType& type : kUnreadTypes) {
    if (type.id == ggml_id) {
      return &type;
    }
  }
  return nullptr;
}

}  // namespace

const BlockTypeInfo& info(BlockType type) {
  const auto row = static_cast<std::size_t>(type);
  HEARTH_CHECK(row < kInfos.size(), "a BlockType that has no row in block_types.def");
  return kInfos[row];
}

std::optional<BlockType> block_type_from_ggml_id(std::uint32_t ggml_id) {
  for (std::size_t row = 0; row < kInfos.size(); ++row) {
    if (static_cast<std::uint32_t>(kInfos[row].ggml_id) == ggml_id && kInfos[row].ggml_id >= 0) {
      return static_cast<BlockType>(row);
    }
  }
  return std::nullopt;
}

std::string_view ggml_type_name(std::uint32_t ggml_id) {
  if (const auto type = block_type_from_ggml_id(ggml_id)) {
    return info(*type).name;
  }
  const UnreadType* unread = find_unread(ggml_id);
  return unread != nullptr ? unread->name : "";
}

std::string_view why_ggml_type_is_not_read(std::uint32_t ggml_id) {
  const UnreadType* unread = find_unread(ggml_id);
  return unread != nullptr ? unread->reason : "";
}

std::int64_t row_bytes(BlockType type, std::int64_t n) {
  const BlockTypeInfo& row = info(type);
  HEARTH_CHECK(n >= 0 && n % row.block_size == 0, "a row that is not whole blocks");
  return n / row.block_size * row.block_bytes;
}

}  // namespace hearth::quant
