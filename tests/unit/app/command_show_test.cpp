#include <gtest/gtest.h>

#include <cctype>
#include <string>

#include "app/captured_output.h"
#include "app/cli.h"
#include "app/commands_inference.h"
#include "base/json.h"

namespace hearth::app {
namespace {

TEST(ShowCommand, SaysWhatTheFileIs) {
  ShowOptions options;
  options.model.model = golden_model("gguf-mixed-q4_k_m");
  const CommandOutput text = capture([&] { return run_show(options); });
  ASSERT_EQ(text.code, kExitDone) << text.err;
  for (const char* part : {"GGUF v3", "llama", "Q4_K", "Q6_K", "chat template"}) {
    EXPECT_NE(text.out.find(part), std::string::npos) << part << "\n" << text.out;
  }
  options.json = true;
  const Json value = base::parse_json(capture([&] { return run_show(options); }).out).value();
  EXPECT_EQ(value["architecture"], "llama");
  EXPECT_GT(value["encodings"].size(), 1U);
}

struct Shown {
  std::string model;  // below tests/golden
  std::string container, architecture, quantization;
  std::string encoding;   // of most bytes
  std::string tokenizer;  // "" for none
};

class ShowKinds : public testing::TestWithParam<Shown> {};

TEST_P(ShowKinds, NamesOneFileOfEveryKindRightly) {
  ShowOptions options;
  options.json = true;
  options.model.model = std::string(HEARTH_GOLDEN_FOLDER "/") + GetParam().model;
  const CommandOutput output = capture([&] { return run_show(options); });
  ASSERT_EQ(output.code, kExitDone) << output.err;
  const Json value = base::parse_json(output.out).value();
  EXPECT_EQ(value["container"], GetParam().container);
  EXPECT_EQ(value["architecture"], GetParam().architecture);
  EXPECT_EQ(value["quantization"], GetParam().quantization);
  EXPECT_EQ(value["encodings"][0]["type"], GetParam().encoding);
  EXPECT_EQ(value["tokenizer"], GetParam().tokenizer);
  EXPECT_GT(value["parameters"], 10'000);
  options.json = false;
  const CommandOutput text = capture([&] { return run_show(options); });
  EXPECT_EQ(text.code, kExitDone);
  EXPECT_NE(text.out.find(GetParam().tokenizer.empty() ? "none: " : GetParam().tokenizer), std::string::npos)
      << text.out;
}

const Shown kShown[] = {
    {"gguf-llama-f32/model.gguf", "GGUF v3", "llama", "", "F32", "llama"},
    {"gguf-container-v1/model.gguf", "GGUF v1", "llama", "", "Q2_K", "llama"},
    {"gguf-quant-iq2_xs/model.gguf", "GGUF v3", "llama", "", "IQ2_XS", "llama"},
    {"gguf-sharded", "GGUF v3", "llama", "", "Q2_K", "llama"},
    {"hf-llama-f32", "safetensors", "llama", "", "F32", ""},
    {"hf-llama-bf16-sharded", "safetensors", "llama", "", "BF16", ""},
    {"hf-llama-bin", "PyTorch", "llama", "", "F16", ""},
    {"hf-opt-bin", "PyTorch", "opt", "", "F16", ""},
    {"gptq-4bit-32g-actorder", "safetensors", "llama", "GPTQ 4-bit, groups of 32, act-order", "F16", ""},
    {"gptq-4bit-64g-old-name", "safetensors", "llama", "GPTQ 4-bit, groups of 64", "F16", ""},
    {"awq-gemm-64g", "safetensors", "llama", "AWQ 4-bit, groups of 64, gemm", "F16", ""},
    {"exl2-mixed", "safetensors", "llama", "EXL2, 4.5 bits on average", "I32", ""},
    {"rwkv-v4-pth/model.pth", "PyTorch", "rwkv 4", "", "F16", ""},
    {"rwkv-v5.2-ggml-q8_0/model.bin", "rwkv.cpp v101", "rwkv 5.2", "", "Q8_0", ""},
    {"hf-llama-fp8-block", "safetensors", "llama", "FP8, blocks of 128 by 128", "F8_E4M3", ""},
};

INSTANTIATE_TEST_SUITE_P(All, ShowKinds, testing::ValuesIn(kShown), [](const auto& info) {
  std::string name;
  for (const char c : info.param.model.substr(0, info.param.model.find('/'))) name += std::isalnum(c) != 0 ? c : '_';
  return name;
});

}  // namespace
}  // namespace hearth::app
