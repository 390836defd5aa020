#include "formats/ggml_encodings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace hearth::formats {
namespace {

using quant::BlockType;
using TypeOrNone = std::optional<BlockType>;

constexpr std::int64_t kGenerationFactor = 1000;

Result<BlockType> look_up(std::span<const TypeOrNone> types, std::uint32_t id, std::string_view files) {
  if (id >= types.size() || !types[id]) {
    return fail(ErrorCode::kCorruptFile, fmt::format("no encoding of {} has the number {}", files, id));
  }
  return *types[id];
}

Result<BlockType> first_generation(std::uint32_t id) {
  static constexpr TypeOrNone kTypes[] = {BlockType::kF32,      BlockType::kF16,      BlockType::kQ4_0Gen1,
                                          BlockType::kQ4_1Gen1, BlockType::kQ4_2,     BlockType::kQ4_3,
                                          BlockType::kQ5_0Gen1, BlockType::kQ5_1Gen1, BlockType::kQ8_0Gen1};
  return look_up(kTypes, id, "ggml files before 2023-05-12");
}

Result<BlockType> second_generation(std::uint32_t id) {
  static constexpr TypeOrNone kTypes[] = {BlockType::kF32,      BlockType::kF16,  BlockType::kQ4_0Gen2,
                                          BlockType::kQ4_1Gen2, std::nullopt,     std::nullopt,
                                          BlockType::kQ5_0,     BlockType::kQ5_1, BlockType::kQ8_0Gen1};
  return look_up(kTypes, id, "ggml files between 2023-05-12 and 2023-05-19");
}

Result<BlockType> third_generation(std::uint32_t id) {
  static constexpr TypeOrNone kTypes[] = {BlockType::kF32,  BlockType::kF16,  BlockType::kQ4_0, BlockType::kQ4_1,
                                          std::nullopt,     std::nullopt,     BlockType::kQ5_0, BlockType::kQ5_1,
                                          BlockType::kQ8_0, std::nullopt,     BlockType::kQ2_K, BlockType::kQ3_K,
                                          BlockType::kQ4_K, BlockType::kQ5_K, BlockType::kQ6_K};
  return look_up(kTypes, id, "ggml files since 2023-05-19");
}

Result<BlockType> rwkv_cpp_100(std::uint32_t id) {
  static constexpr TypeOrNone kTypes[] = {
      BlockType::kF32,  BlockType::kF16,  BlockType::kQ4_0Gen1, BlockType::kQ4_1Gen1, BlockType::kQ4_1O,
      BlockType::kQ4_2, BlockType::kQ4_3, BlockType::kQ5_0Gen1, BlockType::kQ5_1Gen1, BlockType::kQ8_0Gen1};
  return look_up(kTypes, id, "rwkv.cpp files of version 100");
}

Result<BlockType> rwkv_cpp_101(std::uint32_t id) {
  static constexpr TypeOrNone kTypes[] = {BlockType::kF32,  BlockType::kF16, BlockType::kQ4_0, BlockType::kQ4_1,
                                          std::nullopt,     std::nullopt,    std::nullopt,     BlockType::kQ5_0,
                                          BlockType::kQ5_1, BlockType::kQ8_0};
  return look_up(kTypes, id, "rwkv.cpp files of version 101");
}

}  // namespace

GgmlEncodings ggml_encodings(const GgmlContainer& container, std::int64_t ftype) {
  static constexpr std::array<GgmlEncodings, 3> kGenerations = {first_generation, second_generation, third_generation};
  switch (container.magic) {
    case GgmlMagic::kGgmf:
      return first_generation;
    case GgmlMagic::kGgjt:
      return kGenerations[std::clamp<std::uint32_t>(container.version, 1, 3) - 1];
    case GgmlMagic::kGgcc:
      return third_generation;
    case GgmlMagic::kGgml:
      break;
  }
  return kGenerations[static_cast<std::size_t>(std::clamp<std::int64_t>(ftype / kGenerationFactor, 0, 2))];
}

GgmlEncodings rwkv_cpp_encodings(std::uint32_t version) {
  return version == 100 ? rwkv_cpp_100 : rwkv_cpp_101;
}

}  // namespace hearth::formats
