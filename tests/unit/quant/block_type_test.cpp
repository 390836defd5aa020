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
};

std::vector<char> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The types that GGUF files have and that are more than a number of the container (numbers_test.cpp); the blocks of
// legacy files are in legacy_test.cpp.
std::vector<BlockType> types_with_fixture() {
  std::vector<BlockType> types;
  for (const BlockType type : kTypes) {
    if (info(type).ggml_id >= 0 && (info(type).block_size > 1 || type <= BlockType::kBf16)) {
      types.push_back(type);
    }
  }
  return types;
}

class EveryBlockType : public testing::TestWithParam<BlockType> {};

class EveryGgufType : public EveryBlockType {};

// random.bin: random block bytes; quant.bin: blocks made by the format's own encoder. The .f32 files hold what the
// reference decoder makes of them.
TEST_P(EveryGgufType, DecodesTheFixtureBitForBit) {
  const BlockTypeInfo& type = info(GetParam());
  // F32 has no fixture of its own: any reference values are its blocks.
  const bool is_f32 = GetParam() == BlockType::kF32;
  const auto folder = std::filesystem::path(HEARTH_GOLDEN_FOLDER) / "ggml-types" / (is_f32 ? "Q8_0" : type.name);
  // No program writes weights in the types that ggml has for activations.
  const bool is_written = GetParam() != BlockType::kQ8_K && type.name != "Q8_1";
  for (const char* stem : is_written ? std::vector<const char*>{"random", "quant"} : std::vector{"random"}) {
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

// The blocks follow one another without gaps, so a row is the concatenation of its blocks.
TEST_P(EveryBlockType, DecodesEachBlockAlone) {
  const BlockTypeInfo& type = info(GetParam());
  std::vector<std::byte> blocks(static_cast<std::size_t>(3 * type.block_bytes));
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    blocks[i] = static_cast<std::byte>((37 * i + 11) & 0x3F);
  }
  const auto n = static_cast<std::size_t>(type.block_size);
  std::vector<float> whole(3 * n + 1, 4711.0F);
  type.dequantize_row(blocks.data(), whole.data(), static_cast<std::int64_t>(3 * n));
  EXPECT_EQ(whole.back(), 4711.0F);
  for (std::size_t i = 0; i < 3; ++i) {
    std::vector<float> alone(n);
    type.dequantize_row(blocks.data() + i * static_cast<std::size_t>(type.block_bytes), alone.data(),
                        static_cast<std::int64_t>(n));
    EXPECT_EQ(std::memcmp(alone.data(), whole.data() + i * n, n * sizeof(float)), 0) << i;
  }
}

TEST_P(EveryBlockType, IntegersTimesScalesAreItsValues) {
  const BlockTypeInfo& type = info(GetParam());
  if (type.decode_integers == nullptr) {
    EXPECT_EQ(type.decode_integers, nullptr);
    return;
  }
  EXPECT_EQ(type.block_size % kScaleCols, 0);
  std::vector<std::byte> bytes(static_cast<std::size_t>(type.block_bytes), std::byte{0x35});
  IntegerBlock block;
  type.decode_integers(bytes.data(), block);
  std::vector<float> values(static_cast<std::size_t>(type.block_size));
  type.dequantize_row(bytes.data(), values.data(), type.block_size);
  for (int e = 0; e < type.block_size; ++e) {
    EXPECT_EQ(values[static_cast<std::size_t>(e)], block.scales[e / kScaleCols] * static_cast<float>(block.q[e]));
  }
}

TEST_P(EveryBlockType, IsFoundByItsGgmlId) {
  const BlockTypeInfo& type = info(GetParam());
  if (type.ggml_id < 0) {
    for (std::uint32_t id = 0; id < 256; ++id) {
      EXPECT_NE(block_type_from_ggml_id(id), GetParam());
    }
    return;
  }
  EXPECT_EQ(block_type_from_ggml_id(static_cast<std::uint32_t>(type.ggml_id)), GetParam());
  EXPECT_EQ(ggml_type_name(static_cast<std::uint32_t>(type.ggml_id)), type.name);
  EXPECT_EQ(why_ggml_type_is_not_read(static_cast<std::uint32_t>(type.ggml_id)), "");
}

std::string name_of(const testing::TestParamInfo<BlockType>& row) {
  return std::string(info(row.param).name);
}
INSTANTIATE_TEST_SUITE_P(Types, EveryBlockType, testing::ValuesIn(kTypes), name_of);
INSTANTIATE_TEST_SUITE_P(Types, EveryGgufType, testing::ValuesIn(types_with_fixture()), name_of);

TEST(BlockType, NamesTypesThatItDoesNotRead) {
  EXPECT_EQ(ggml_type_name(31), "Q4_0_4_4");
  EXPECT_EQ(block_type_from_ggml_id(31), std::nullopt);
  EXPECT_NE(why_ggml_type_is_not_read(31).find("use the model's Q4_0 file"), std::string_view::npos);
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
