#include "quant/block_type.h"

#include <array>

#include "base/check.h"
#include "quant/floats.h"
#include "quant/q2_k.h"
#include "quant/q3_k.h"
#include "quant/q4_0.h"
#include "quant/q4_1.h"
#include "quant/q4_k.h"
#include "quant/q5_0.h"
#include "quant/q5_1.h"
#include "quant/q5_k.h"
#include "quant/q6_k.h"
#include "quant/q8_0.h"

namespace hearth::quant {
namespace {

constexpr std::array kInfos = {
#define HEARTH_BLOCK_TYPE(enumerator, name, ggml_id, block_size, block_bytes, function) \
  BlockTypeInfo{name, ggml_id, block_size, block_bytes, function},
#include "quant/block_types.def"
#undef HEARTH_BLOCK_TYPE
};

struct GgmlName {
  std::uint32_t id;
  std::string_view name;
};

// Ids of enum ggml_type that files may carry and that have no row in block_types.def.
constexpr std::array kOtherGgmlNames = {
    GgmlName{4, "Q4_2"},      GgmlName{5, "Q4_3"},        GgmlName{9, "Q8_1"},        GgmlName{15, "Q8_K"},
    GgmlName{16, "IQ2_XXS"},  GgmlName{17, "IQ2_XS"},     GgmlName{18, "IQ3_XXS"},    GgmlName{19, "IQ1_S"},
    GgmlName{20, "IQ4_NL"},   GgmlName{21, "IQ3_S"},      GgmlName{22, "IQ2_S"},      GgmlName{23, "IQ4_XS"},
    GgmlName{24, "I8"},       GgmlName{25, "I16"},        GgmlName{26, "I32"},        GgmlName{27, "I64"},
    GgmlName{28, "F64"},      GgmlName{29, "IQ1_M"},      GgmlName{31, "Q4_0_4_4"},   GgmlName{32, "Q4_0_4_8"},
    GgmlName{33, "Q4_0_8_8"}, GgmlName{34, "TQ1_0"},      GgmlName{35, "TQ2_0"},      GgmlName{36, "IQ4_NL_4_4"},
    GgmlName{39, "MXFP4"},    GgmlName{37, "IQ4_NL_4_8"}, GgmlName{38, "IQ4_NL_8_8"}, GgmlName{40, "NVFP4"},
    GgmlName{41, "Q1_0"},     GgmlName{42, "Q2_0"},
};

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
  for (const GgmlName& other : kOtherGgmlNames) {
    if (other.id == ggml_id) {
      return other.name;
    }
  }
  return "";
}

std::int64_t row_bytes(BlockType type, std::int64_t n) {
  const BlockTypeInfo& row = info(type);
  HEARTH_CHECK(n >= 0 && n % row.block_size == 0, "a row that is not whole blocks");
  return n / row.block_size * row.block_bytes;
}

}  // namespace hearth::quant
