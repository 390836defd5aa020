#include "formats/quant_scheme.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace hearth::formats {
namespace {

using Pairs = std::vector<std::pair<std::string, MetadataValue>>;

Checkpoint checkpoint_with(const Pairs& keys, std::vector<TensorView> tensors = {}) {
  Checkpoint checkpoint;
  checkpoint.convention = Convention::kHf;
  for (const auto& [key, value] : keys) {
    checkpoint.metadata.set("quantization_config." + key, value);
  }
  checkpoint.tensors = std::move(tensors);
  EXPECT_TRUE(checkpoint.index_tensors());
  return checkpoint;
}

MetadataValue text(const char* value) {
  return {std::string(value)};
}

QuantScheme scheme_of(const Pairs& keys, std::vector<TensorView> tensors = {}) {
  const auto scheme = read_quant_scheme(checkpoint_with(keys, std::move(tensors)));
  EXPECT_TRUE(scheme) << scheme.error().message;
  return scheme.value_or(QuantScheme{});
}

Error error_of(const Pairs& keys, std::vector<TensorView> tensors = {}) {
  const auto scheme = read_quant_scheme(checkpoint_with(keys, std::move(tensors)));
  EXPECT_FALSE(scheme);
  return scheme ? Error{} : scheme.error();
}

TensorView tensor(const char* name, std::vector<std::int64_t> shape, quant::BlockType type = quant::BlockType::kI32) {
  return {.name = name, .type = type, .shape = std::move(shape)};
}

TEST(QuantScheme, ReadsGptq) {
  const Pairs v1 = {{"quant_method", text("gptq")}, {"group_size", {std::int64_t{-1}}}};
  EXPECT_EQ(scheme_of(v1).method, QuantMethod::kGptq);
  EXPECT_EQ(scheme_of(v1).group_size, -1);
  EXPECT_EQ(scheme_of(v1).gptq_zeros, GptqZeros::kMinusOne);
  EXPECT_EQ(scheme_of({{"quant_method", text("gptq")}, {"checkpoint_format", text("gptq_v2")}}).gptq_zeros,
            GptqZeros::kPlain);
  EXPECT_EQ(
      scheme_of({{"quant_method", text("gptq")}, {"meta.quantizer", {std::vector<std::string>{"gptqmodel:2.2.0"}}}})
          .gptq_zeros,
      GptqZeros::kGptqModel);
}

TEST(QuantScheme, ReadsAwqVersions) {
  for (const auto& [name, version] :
       std::vector<std::pair<const char*, AwqVersion>>{{"GEMM", AwqVersion::kGemm},
                                                       {"gemv", AwqVersion::kGemv},
                                                       {"gemv_fast", AwqVersion::kGemvFast},
                                                       {"exllama", AwqVersion::kGemm}}) {
    EXPECT_EQ(scheme_of({{"quant_method", text("awq")}, {"version", text(name)}}).awq_version, version) << name;
  }
  EXPECT_EQ(scheme_of({{"quant_method", text("awq")}}).awq_version, AwqVersion::kByShape);
}

TEST(QuantScheme, ReadsBlocksOfFloat8) {
  EXPECT_EQ(scheme_of({{"quant_method", text("fp8")}}).block_rows, 128);
  const auto scheme =
      scheme_of({{"quant_method", text("fp8")}, {"weight_block_size", {std::vector<std::int64_t>{64, 32}}}});
  EXPECT_EQ(scheme.block_rows, 64);
  EXPECT_EQ(scheme.block_cols, 32);
  EXPECT_EQ(scheme_of({{"quant_method", text("modelopt")}, {"quant_algo", text("FP8")}}).method, QuantMethod::kFloat8);
}

TEST(QuantScheme, TellsTheMethodByNamesWhereThereIsNoConfiguration) {
  EXPECT_EQ(scheme_of({}).method, QuantMethod::kNone);
  EXPECT_EQ(scheme_of({}, {tensor("a.q_weight", {4, 8})}).method, QuantMethod::kExl2);
  EXPECT_EQ(scheme_of({}, {tensor("a.weight_packed", {4, 8})}).method, QuantMethod::kCompressedTensors);
  EXPECT_EQ(scheme_of({}, {tensor("a.qweight", {4, 8}), tensor("a.g_idx", {32})}).method, QuantMethod::kGptq);
  EXPECT_EQ(scheme_of({}, {tensor("a.qweight", {8, 64}), tensor("a.scales", {2, 64})}).method, QuantMethod::kGptq);
  EXPECT_EQ(scheme_of({}, {tensor("a.qweight", {64, 8}), tensor("a.scales", {2, 64})}).method, QuantMethod::kAwq);
}

TEST(QuantScheme, RefusesWhatItDoesNotReadByName) {
  EXPECT_EQ(
      error_of({{"quant_method", text("bitsandbytes")}}).message,
      "quantization_config.quant_method is \"bitsandbytes\", which Hearth does not read; it reads gptq, awq, exl2, "
      "fp8 and compressed-tensors");
  EXPECT_EQ(error_of({{"quant_method", text("bitsandbytes")}}).code, ErrorCode::kUnsupported);
  using ::testing::HasSubstr;
  EXPECT_THAT(error_of({{"quant_method", text("exl3")}}).message, HasSubstr("exl3"));
  EXPECT_THAT(error_of({}, {tensor("a.trellis", {1, 1, 1})}).message, HasSubstr("exl3"));
  EXPECT_THAT(error_of({{"quant_method", text("gptq")}, {"checkpoint_format", text("marlin")}}).message,
              HasSubstr("marlin"));
  EXPECT_THAT(error_of({{"quant_method", text("gptq")}, {"is_marlin_format", {true}}}).message, HasSubstr("marlin"));
  EXPECT_THAT(error_of({{"quant_method", text("gptq")}, {"checkpoint_format", text("bitblas")}}).message,
              HasSubstr("bitblas"));
  EXPECT_THAT(error_of({{"quant_method", text("awq")}, {"version", text("llm-awq")}}).message, HasSubstr("llm-awq"));
  EXPECT_THAT(
      error_of({{"quant_method", text("compressed-tensors")}, {"format", text("nvfp4-pack-quantized")}}).message,
      HasSubstr("nvfp4-pack-quantized"));
  EXPECT_THAT(error_of({{"quant_method", text("modelopt")}, {"quant_algo", text("NVFP4")}}).message,
              HasSubstr("nvfp4"));
}

TEST(QuantScheme, RefusesSenselessNumbers) {
  for (const std::int64_t size : {std::int64_t{0}, std::int64_t{-2}, std::int64_t{1} << 40}) {
    const Error error = error_of({{"quant_method", text("gptq")}, {"group_size", {size}}});
    EXPECT_EQ(error.code, ErrorCode::kCorruptFile);
    EXPECT_THAT(error.message, ::testing::HasSubstr("quantization_config.group_size"));
  }
  for (const auto& extents : {std::vector<std::int64_t>{128}, {0, 128}, {128, -1}}) {
    EXPECT_THAT(error_of({{"quant_method", text("fp8")}, {"weight_block_size", {extents}}}).message,
                ::testing::HasSubstr("weight_block_size"));
  }
}

}  // namespace
}  // namespace hearth::formats
