// Qwen3, dense and with experts: as Llama, with a norm on every head of query and key.
#include <utility>

#include "model/families.h"
#include "model/families/gguf_keys.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"

namespace hearth::model {
namespace {

constexpr std::string_view kArchitectures[] = {"qwen3", "qwen3moe"};
constexpr std::string_view kHfNames[] = {"qwen3", "qwen3_moe"};

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  HEARTH_TRY(ArchSpec spec, GgufKeys(checkpoint.metadata, architecture).read_common());
  spec.qk_norm = true;
  return ModelPlan{std::move(spec), {}};
}

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view model_type) {
  const bool is_mixture = model_type == "qwen3_moe";
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec, keys.read_common({.default_head_dim = is_mixture ? 0 : 128, .default_context = 32768}));
  if (is_mixture) {
    HEARTH_TRY_VOID(keys.read_experts(spec, {.n_experts = "num_experts", .ffn_dim = "moe_intermediate_size"}));
    HEARTH_TRY(spec.experts.renormalise, keys.flag("norm_topk_prob", false));
  }
  spec.qk_norm = true;
  HEARTH_TRY(spec.qkv_bias, keys.flag("attention_bias", false));
  spec.attention_output_bias = spec.qkv_bias;
  HEARTH_TRY_VOID(keys.read_upper_windows(spec));
  TensorTable tensors = hf_tensors();
  HEARTH_TRY_VOID(tie_output(checkpoint, false, tensors));
  return ModelPlan{std::move(spec), tensors};
}

}  // namespace

const Family kQwen3Family = {.name = "qwen3", .gguf = {kArchitectures, read_gguf}, .hf = {kHfNames, read_hf}};

}  // namespace hearth::model
