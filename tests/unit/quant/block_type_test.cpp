#include "quant/block_type.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace hearth::quant {
namespace {

constexpr BlockType kTypes[] = {
#define HEARTH_BLOCK_TYPE(enumerator, name, ggml_id, block_size, block_bytes, function) BlockType::enumerator,
#include "quant/block_types.def"
#undef HEARTH_BLOCK_TYPE
};

std::vector<char> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class EveryBlockType : public testing::TestWithParam<BlockType> {};

// random.bin: random block bytes; quant.bin: blocks made by the format's own encoder. The .f32 files hold what the
// reference decoder makes of them.
TEST_P(EveryBlockType, DecodesTheFixtureBitForBit) {
  const BlockTypeInfo& type = info(GetParam());
  // F32 has no fixture of its own: any reference values are its blocks.
  const bool is_f32 = GetParam() == BlockType::kF32;
  const auto folder = std::filesystem::path(HEARTH_GOLDEN_FOLDER) / "ggml-types" / (is_f32 ? "Q8_0" : type.name);
  for (const char* stem : {"random", "quant"}) {
    auto blocks = read_file(folder / (std::string(stem) + (is_f32 ? ".f32" : ".bin")));
    const auto want = read_file(folder / (std::string(stem) + ".f32"));
    ASSERT_FALSE(blocks.empty()) << folder;
    ASSERT_EQ(blocks.size() % static_cast<std::size_t>(type.block_bytes), 0U);
    const auto n = static_cast<std::int64_t>(blocks.size()) / type.block_bytes * type.block_size;
    ASSERT_EQ(want.size(), static_cast<std::size_t>(n) * sizeof(float));
    ASSERT_EQ(row_bytes(GetParam(), n), static_cast<std::int64_t>(blocks.size()));
    // One byte off, since the data of a tensor may start anywhere.
    blocks.insert(blocks.begin(), '\0');
    std::vector<float> values(static_cast<std::size_t>(n));
    type.dequantize_row(reinterpret_cast<const std::byte*>(blocks.data()) + 1, values.data(), n);
    EXPECT_EQ(std::memcmp(values.data(), want.data(), want.size()), 0) << stem;
  }
}

TEST_P(EveryBlockType, IsFoundByItsGgmlId) {
  const BlockTypeInfo& type = info(GetParam());
  ASSERT_GE(type.ggml_id, 0);
  EXPECT_EQ(block_type_from_ggml_id(static_cast<std::uint32_t>(type.ggml_id)), GetParam());
  EXPECT_EQ(ggml_type_name(static_cast<std::uint32_t>(type.ggml_id)), type.name);
}

INSTANTIATE_TEST_SUITE_P(Types, EveryBlockType, testing::ValuesIn(kTypes),
                         [](const auto& row) { return std::string(quant::info(row.param).name); });

TEST(BlockType, NamesTypesThatItDoesNotRead) {
  EXPECT_EQ(ggml_type_name(31), "Q4_0_4_4");
  EXPECT_EQ(block_type_from_ggml_id(31), std::nullopt);
  EXPECT_EQ(ggml_type_name(4711), "");
  EXPECT_EQ(block_type_from_ggml_id(0xFFFFFFFFU), std::nullopt);
}

TEST(BlockType, RowBytesCountsWholeBlocks) {
  EXPECT_EQ(row_bytes(BlockType::kQ4_K, 512), 288);
  EXPECT_EQ(row_bytes(BlockType::kF32, 3), 12);
  EXPECT_DEATH(row_bytes(BlockType::kQ4_K, 100), "whole blocks");
}

}  // namespace
}  // namespace hearth::quant
