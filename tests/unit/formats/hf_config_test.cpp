#include "formats/hf_config.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "formats/test_files.h"

namespace hearth::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pointee;

Metadata flat(std::string_view json) {
  Metadata metadata;
  EXPECT_TRUE(flatten_json(base::parse_json(json).value(), "", metadata));
  return metadata;
}

TEST(HfConfig, JoinsNestedKeys) {
  const Metadata metadata = flat(
      R"({"hidden_size":64,"rope_scaling":{"factor":8.5,"rope_type":"linear","none":null},"big":18446744073709551615,)"
      R"("negative":-1,"tie":true,"nothing":null})");
  EXPECT_EQ(metadata.integer("hidden_size"), 64);
  EXPECT_EQ(metadata.number("rope_scaling.factor"), 8.5);
  EXPECT_EQ(metadata.text("rope_scaling.rope_type"), "linear");
  EXPECT_FALSE(metadata.contains("rope_scaling.none"));
  EXPECT_FALSE(metadata.contains("rope_scaling"));
  EXPECT_FALSE(metadata.contains("nothing"));
  EXPECT_EQ(metadata.integer("negative"), -1);
  EXPECT_EQ(metadata.number("big"), 18446744073709551615.0);
  EXPECT_EQ(metadata.boolean("tie"), true);
}

TEST(HfConfig, KeepsArraysOfOneKindFlat) {
  const Metadata metadata =
      flat(R"({"texts":["a","b"],"integers":[1,-2],"numbers":[1,2.5],"flags":[true,false],"empty":[],)"
           R"("objects":[{"a":1}],"nested":[[1]],"mixed":[1,"a"],"nulls":[null],"large":[18446744073709551615]})");
  EXPECT_THAT(metadata.texts("texts"), Pointee(ElementsAre("a", "b")));
  EXPECT_THAT(metadata.integers("integers"), Pointee(ElementsAre(1, -2)));
  EXPECT_THAT(metadata.floats("numbers"), Pointee(ElementsAre(1.0F, 2.5F)));
  EXPECT_THAT(metadata.integers("flags"), Pointee(ElementsAre(1, 0)));
  EXPECT_THAT(metadata.integers("empty"), Pointee(ElementsAre()));
  EXPECT_THAT(metadata.floats("large"), Pointee(ElementsAre(18446744073709551615.0F)));
  for (const char* key : {"objects", "nested", "mixed", "nulls"}) {
    EXPECT_FALSE(metadata.contains(key)) << key;
  }
}

TEST(HfConfig, BoundsTheMemoryOfJoinedKeys) {
  std::string json = "{\"" + std::string(100'000, 'k') + "\":{";
  for (int i = 0; i < 1000; ++i) {
    json += fmt::format("{}\"{}\":{}", i == 0 ? "" : ",", i, i);
  }
  Metadata metadata;
  const auto status = flatten_json(base::parse_json(json + "}}").value(), "", metadata);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("names of the keys"));
}

TEST(HfConfig, LiftsTheTextModelOfAMultimodalOne) {
  const auto folder = test_folder();
  write_file(folder / "config.json",
             R"({"text_config":{"model_type":"gemma3_text","hidden_size":2},"model_type":"gemma3","pad":1})");
  const auto metadata = read_hf_config(folder);
  ASSERT_TRUE(metadata) << metadata.error().message;
  EXPECT_EQ(metadata->text("model_type"), "gemma3_text");
  EXPECT_EQ(metadata->integer("hidden_size"), 2);
  EXPECT_EQ(metadata->integer("pad"), 1);
  EXPECT_FALSE(metadata->contains("text_config.hidden_size"));
}

TEST(HfConfig, TakesQuantizationFromTheOldFiles) {
  const auto folder = test_folder();
  write_file(folder / "config.json", R"({"model_type":"llama"})");
  write_file(folder / "quant_config.json", R"({"w_bit":4,"q_group_size":32,"version":"GEMM","zero_point":true})");
  const auto awq = read_hf_config(folder);
  ASSERT_TRUE(awq) << awq.error().message;
  EXPECT_EQ(awq->text("quantization_config.quant_method"), "awq");
  EXPECT_EQ(awq->integer("quantization_config.bits"), 4);
  EXPECT_EQ(awq->integer("quantization_config.group_size"), 32);
  EXPECT_EQ(awq->text("quantization_config.version"), "gemm");
  write_file(folder / "quantize_config.json", R"({"bits":3,"group_size":128,"desc_act":false})");
  const auto gptq = read_hf_config(folder);
  ASSERT_TRUE(gptq) << gptq.error().message;
  EXPECT_EQ(gptq->text("quantization_config.quant_method"), "gptq");
  EXPECT_EQ(gptq->integer("quantization_config.bits"), 3);
  write_file(folder / "config.json", R"({"quantization_config":{"quant_method":"gptq","bits":8}})");
  const auto both = read_hf_config(folder);
  ASSERT_TRUE(both) << both.error().message;
  EXPECT_EQ(both->integer("quantization_config.bits"), 8);
  EXPECT_FALSE(both->contains("quantization_config.group_size"));
}

TEST(HfConfig, AddsTheGenerationDefaults) {
  const auto folder = test_folder();
  write_file(folder / "config.json", R"({"model_type":"llama"})");
  write_file(folder / "generation_config.json", R"({"temperature":0.6,"eos_token_id":[1,2]})");
  const auto metadata = read_hf_config(folder);
  ASSERT_TRUE(metadata) << metadata.error().message;
  EXPECT_EQ(metadata->number("generation_config.temperature"), 0.6);
  EXPECT_THAT(metadata->integers("generation_config.eos_token_id"), Pointee(ElementsAre(1, 2)));
}

TEST(HfConfig, NamesTheFileThatIsMissingOrBroken) {
  const auto folder = test_folder();
  EXPECT_EQ(read_hf_config(folder).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(read_hf_config(folder).error().message, HasSubstr("config.json is missing"));
  write_file(folder / "config.json", "[]");
  EXPECT_THAT(read_hf_config(folder).error().message, HasSubstr("config.json: a JSON object is expected"));
  write_file(folder / "config.json", R"({"a":1)");
  EXPECT_EQ(read_hf_config(folder).error().code, ErrorCode::kCorruptFile);
  EXPECT_THAT(read_hf_config(folder).error().message, HasSubstr("config.json: line 1, column"));
  write_file(folder / "config.json", "version https://git-lfs.github.com/spec/v1\n");
  EXPECT_THAT(read_hf_config(folder).error().message, HasSubstr("Git LFS pointer"));
  write_file(folder / "config.json", "{}");
  for (const char* name : {"generation_config.json", "quant_config.json", "quantize_config.json"}) {
    write_file(folder / name, "{");
    EXPECT_THAT(read_hf_config(folder).error().message, HasSubstr(name));
    std::filesystem::remove(folder / name);
  }
}

}  // namespace
}  // namespace hearth::formats
