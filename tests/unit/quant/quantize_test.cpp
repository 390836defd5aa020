#include "quant/quantize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/json.h"

namespace hearth::quant {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<float> read_floats(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

std::vector<float> round_trip(BlockType type, const std::vector<float>& values) {
  const auto n = static_cast<std::int64_t>(values.size());
  std::vector<std::byte> blocks(static_cast<std::size_t>(row_bytes(type, n)));
  quantizer(type)(values.data(), blocks.data(), n);
  std::vector<float> decoded(values.size());
  info(type).dequantize_row(blocks.data(), decoded.data(), n);
  return decoded;
}

double rms_error(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    sum += difference * difference;
  }
  return std::sqrt(sum / static_cast<double>(a.size()));
}

class EveryEncoder : public testing::TestWithParam<BlockType> {};

// The fixture records the error that the format's own encoder makes on the same weights; ours does not search for
// better scales, so it may be a third worse.
TEST_P(EveryEncoder, IsNearlyAsCloseAsTheReference) {
  const auto folder = std::filesystem::path(HEARTH_GOLDEN_FOLDER) / "ggml-types";
  const std::string name(info(GetParam()).name);
  const std::vector<float> source = read_floats(folder / name / "source.f32");
  ASSERT_FALSE(source.empty());
  const auto index = base::parse_json(read_file(folder / "index.json"));
  ASSERT_TRUE(index);
  const double reference = index->at("types").at(name).at("quant_rms_error").get<double>();
  EXPECT_LE(rms_error(source, round_trip(GetParam(), source)), reference * 4 / 3);
}

// What a type can hold exactly comes back exactly.
TEST_P(EveryEncoder, ZerosAndItsOwnLevelsComeBack) {
  const std::vector<float> zeros(512, 0.0F);
  EXPECT_EQ(round_trip(GetParam(), zeros), zeros);
  std::vector<float> levels(512);
  for (std::size_t i = 0; i < levels.size(); ++i) {
    levels[i] = i % 2 == 0 ? -0.0F : 1.0F;
  }
  const auto decoded = round_trip(GetParam(), levels);
  for (std::size_t i = 0; i < levels.size(); ++i) {
    EXPECT_NEAR(decoded[i], levels[i], 1.0F / 7) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Types, EveryEncoder,
                         testing::Values(BlockType::kF16, BlockType::kQ4_0, BlockType::kQ4_1, BlockType::kQ8_0,
                                         BlockType::kQ4_K, BlockType::kQ6_K),
                         [](const auto& row) { return std::string(quant::info(row.param).name); });

TEST(Quantize, TypesWithoutAnEncoderHaveNone) {
  EXPECT_EQ(quantizer(BlockType::kQ2_K), nullptr);
  EXPECT_NE(quantizer(BlockType::kF32), nullptr);
}

}  // namespace
}  // namespace hearth::quant
