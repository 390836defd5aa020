// Mixtral in transformers' files: Mistral with experts whose matrices have names of their own. (In GGUF files it is one
// of the llama architecture.)
#include <utility>

#include "model/families.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"

namespace hearth::model {
namespace {

constexpr std::string_view kHfNames[] = {"mixtral"};

constexpr TensorTable kTensors = [] {
  TensorTable table = hf_tensors();
  table.router = {"layers.{layer}.block_sparse_moe.gate"};
  table.expert_gate = {"layers.{layer}.block_sparse_moe.experts.{expert}.w1"};
  table.expert_down = {"layers.{layer}.block_sparse_moe.experts.{expert}.w2"};
  table.expert_up = {"layers.{layer}.block_sparse_moe.experts.{expert}.w3"};
  return table;
}();

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view /*model_type*/) {
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec, keys.read_common({.default_kv_heads = 8,
                                              .default_context = 131072,
                                              .default_norm_eps = 1e-5,
                                              .default_rope_base = 1000000.0}));
  HEARTH_TRY_VOID(keys.read_experts(spec, {.n_experts = "num_local_experts", .ffn_dim = "intermediate_size"}));
  HEARTH_TRY(const std::int32_t window, keys.window());
  set_windows(spec, window, 0);
  TensorTable tensors = kTensors;
  HEARTH_TRY_VOID(tie_output(checkpoint, false, tensors));
  return ModelPlan{std::move(spec), tensors};
}

}  // namespace

const Family kMixtralFamily = {.name = "mixtral", .hf = {kHfNames, read_hf}};

}  // namespace hearth::model
