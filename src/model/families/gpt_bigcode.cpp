// GPT-BigCode (SantaCoder, StarCoder): as GPT-2, with one key and value head for all query heads.
#include <utility>

#include "model/families.h"
#include "model/families/gguf_keys.h"
#include "model/families/gpt2.h"

namespace hearth::model {
namespace {

constexpr std::string_view kStarcoderNames[] = {"starcoder"};  // in GGUF and ggml files
constexpr std::string_view kHfNames[] = {"gpt_bigcode"};

constexpr HfClass kHfClass = gpt2_hf_class("gelu_pytorch_tanh");
constexpr TensorTable kHfTensors = gpt2_hf_tensors(QkvLayout::kGroups, /*transposed=*/false);
// Converters repeated the one key and value head for every query head.
constexpr TensorTable kGgmlTensors = gpt2_ggml_tensors(QkvLayout::kRepeatedKv);

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  HEARTH_TRY(ArchSpec spec, read_gpt2_gguf(checkpoint, architecture));
  return ModelPlan{std::move(spec), kFusedQkvTensors};
}

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view /*model_type*/) {
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec, read_gpt2_hf(keys, kHfClass));
  HEARTH_TRY(const bool is_multi_query, keys.flag("multi_query", true));
  spec.n_kv_heads = is_multi_query ? 1 : spec.n_heads;
  TensorTable tensors = kHfTensors;
  HEARTH_TRY_VOID(tie_output(checkpoint, true, tensors));
  return ModelPlan{std::move(spec), tensors};
}

Result<ModelPlan> read_ggml(const formats::Checkpoint& checkpoint, std::string_view /*architecture*/) {
  HEARTH_TRY(ArchSpec spec, read_gpt2_ggml(checkpoint));
  spec.n_kv_heads = 1;
  return ModelPlan{std::move(spec), kGgmlTensors};
}

}  // namespace

const Family kGptBigcodeFamily = {.name = "gpt_bigcode",
                                  .gguf = {kStarcoderNames, read_gguf},
                                  .hf = {kHfNames, read_hf},
                                  .ggml = {kStarcoderNames, read_ggml}};

}  // namespace hearth::model
