#include "backends/native/backend_names.h"

#include <gtest/gtest.h>

namespace hearth::backends {
namespace {

using formats::Checkpoint;
using formats::Convention;

Checkpoint model(Convention convention, std::string architecture = "llama", std::string method = "") {
  Checkpoint checkpoint;
  checkpoint.path = "models/m";
  checkpoint.convention = convention;
  checkpoint.metadata.set(convention == Convention::kHf ? "model_type" : "general.architecture",
                          {std::move(architecture)});
  if (!method.empty()) checkpoint.metadata.set("quantization_config.quant_method", {std::move(method)});
  return checkpoint;
}

TEST(BackendNames, EveryNameTakesItsFiles) {
  const struct {
    const char* backend;
    Checkpoint checkpoint;
  } cases[] = {
      {"llama", model(Convention::kGguf)},
      {"llama-cpp", model(Convention::kGguf)},
      {"go-llama", model(Convention::kGgml)},
      {"llama-ggml", model(Convention::kGgml)},
      {"gptj", model(Convention::kGgml, "gptj")},
      {"dolly", model(Convention::kGgml, "gptneox")},
      {"rwkv", model(Convention::kRwkv)},
      {"autogptq", model(Convention::kHf, "llama", "gptq")},
      {"exllama", model(Convention::kHf, "llama", "gptq")},
      {"exllama2", model(Convention::kHf, "llama", "exl2")},
      {"vllm", model(Convention::kHf, "opt", "awq")},
      {"vllm", model(Convention::kGguf)},
      {"transformers", model(Convention::kHf, "gpt2")},
      {"a-backend-of-the-future", model(Convention::kHf)},
      {"", model(Convention::kHf)},
  };
  for (const auto& [backend, checkpoint] : cases) {
    const Status checked = check_backend(checkpoint, backend, "");
    EXPECT_TRUE(checked) << backend << ": " << (checked ? "" : checked.error().message);
  }
}

TEST(BackendNames, AFileThatDoesNotFitIsNamed) {
  const struct {
    const char* backend;
    Checkpoint checkpoint;
    const char* is;
  } cases[] = {
      {"exllama2", model(Convention::kGguf), "a GGUF file (llama)"},
      {"llama-ggml", model(Convention::kGguf), "a GGUF file (llama)"},
      {"llama-ggml", model(Convention::kGgml, "gptj"), "a ggml file of 2023 (gptj)"},
      {"llama", model(Convention::kHf, "qwen2"), "a safetensors or PyTorch model (qwen2)"},
      {"autogptq", model(Convention::kHf, "llama", "awq"), "an AWQ model (llama)"},
      {"rwkv", model(Convention::kHf, "llama", "fp8"), "an FP8 model (llama)"},
  };
  for (const auto& [backend, checkpoint, is] : cases) {
    const Status checked = check_backend(checkpoint, backend, "");
    ASSERT_FALSE(checked) << backend;
    EXPECT_EQ(checked.error().code, ErrorCode::kUnsupported);
    const std::string& message = checked.error().message;
    for (const std::string& part : {std::string("models/m: "), "'" + std::string(backend) + "'", std::string(is)}) {
      EXPECT_NE(message.find(part), std::string::npos) << message;
    }
  }
}

TEST(BackendNames, TheQuantizationOfVllmIsChecked) {
  EXPECT_TRUE(check_backend(model(Convention::kHf, "opt", "awq"), "vllm", "awq"));
  EXPECT_TRUE(check_backend(model(Convention::kHf, "opt", "awq"), "vllm", "something-new"));
  const Status checked = check_backend(model(Convention::kHf, "opt", "gptq"), "vllm", "awq");
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().message.find("the quantization 'awq'"), std::string::npos) << checked.error().message;
}

TEST(BackendNames, OldFoldersAreToldByTheirTensors) {
  Checkpoint exl2 = model(Convention::kHf);
  exl2.tensors.push_back({.name = "lm_head.q_weight"});
  EXPECT_EQ(describe_model(exl2), "an EXL2 model (llama)");
  Checkpoint gptq = model(Convention::kHf);
  gptq.tensors.push_back({.name = "model.layers.0.mlp.up_proj.qweight"});
  gptq.tensors.push_back({.name = "model.layers.0.mlp.up_proj.g_idx"});
  ASSERT_TRUE(gptq.index_tensors());
  EXPECT_EQ(describe_model(gptq), "a GPTQ model (llama)");
  // AWQ packs along the output: [in, out / 8] beside scales of [groups, out].
  Checkpoint awq = model(Convention::kHf);
  awq.tensors.push_back({.name = "a.qweight", .type = quant::BlockType::kI32, .shape = {64, 8}});
  awq.tensors.push_back({.name = "a.scales", .type = quant::BlockType::kF16, .shape = {2, 64}});
  ASSERT_TRUE(awq.index_tensors());
  EXPECT_EQ(describe_model(awq), "an AWQ model (llama)");
  Checkpoint rwkv = model(Convention::kRwkv);
  rwkv.metadata.set("rwkv.version", {std::string("5.2")});
  EXPECT_EQ(describe_model(rwkv), "an RWKV 5.2 model");
}

TEST(BackendNames, OldConfigsKeepTheirDefaults) {
  EXPECT_TRUE(is_localai_backend("llama-cpp"));
  EXPECT_FALSE(is_localai_backend(""));
  EXPECT_FALSE(is_localai_backend("a-backend-of-the-future"));
  EXPECT_EQ(default_stop_texts("rwkv"), std::vector<std::string>{"\n"});
  EXPECT_TRUE(default_stop_texts("llama").empty());
}

}  // namespace
}  // namespace hearth::backends
