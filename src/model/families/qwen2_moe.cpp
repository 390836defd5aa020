// Qwen2 and Qwen1.5 with experts: as Qwen2, with an expert that every token uses, weighted by a gate of its own; the
// weights of the chosen experts are left as they are.
#include <utility>

#include "model/families.h"
#include "model/families/gguf_keys.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"

namespace hearth::model {
namespace {

constexpr std::string_view kGgufNames[] = {"qwen2moe"};
constexpr std::string_view kHfNames[] = {"qwen2_moe"};
constexpr std::int32_t kMaxDim = 1 << 20;

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  const GgufKeys keys(checkpoint.metadata, architecture);
  HEARTH_TRY(ArchSpec spec, keys.read_common());
  HEARTH_TRY_VOID(keys.require_count("expert_count", 1 << 12));
  spec.qkv_bias = true;
  HEARTH_TRY(const std::int32_t dense_dim, keys.require_count("feed_forward_length", kMaxDim));
  // The first files have neither of these keys.
  HEARTH_TRY(spec.ffn_dim, keys.count("expert_feed_forward_length", dense_dim / spec.experts.n_used, kMaxDim));
  HEARTH_TRY(spec.experts.shared_ffn_dim, keys.count("expert_shared_feed_forward_length", dense_dim, kMaxDim));
  HEARTH_TRY(spec.experts.renormalise, keys.flag("expert_weights_norm", false));
  spec.experts.shared_gate = true;
  return ModelPlan{std::move(spec), {}};
}

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view /*model_type*/) {
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec, keys.read_common({.default_context = 32768}));
  HEARTH_TRY_VOID(keys.read_experts(spec, {.n_experts = "num_experts", .ffn_dim = "moe_intermediate_size"}));
  HEARTH_TRY(spec.experts.shared_ffn_dim, keys.require_count("shared_expert_intermediate_size", kMaxDim));
  HEARTH_TRY(spec.experts.renormalise, keys.flag("norm_topk_prob", false));
  spec.experts.shared_gate = true;
  HEARTH_TRY(spec.qkv_bias, keys.flag("qkv_bias", true));
  HEARTH_TRY_VOID(keys.read_upper_windows(spec));
  TensorTable tensors = hf_tensors();
  HEARTH_TRY_VOID(tie_output(checkpoint, false, tensors));
  return ModelPlan{std::move(spec), tensors};
}

}  // namespace

const Family kQwen2MoeFamily = {.name = "qwen2_moe", .gguf = {kGgufNames, read_gguf}, .hf = {kHfNames, read_hf}};

}  // namespace hearth::model
