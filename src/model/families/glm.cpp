// GLM-4 (of 2024 and of 2025): as Llama, with rope over pairs of neighbours in half of a head, biases on query, key and
// value, gate and up in one tensor; the newer models have norms behind both sub-layers too.
#include <utility>

#include "model/families.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"

namespace hearth::model {
namespace {

constexpr std::string_view kHfNames[] = {"glm", "glm4"};

constexpr HfClass kHfClass = {.default_head_dim = 128,
                              .default_kv_heads = 2,
                              .default_context = 131072,
                              .default_norm_eps = 1.5625e-7,
                              .default_rotary_factor = 0.5};

constexpr TensorTable kHfTensors = [] {
  TensorTable table = hf_tensors();
  table.attention_post_norm = {"layers.{layer}.post_self_attn_layernorm"};
  table.ffn_post_norm = {"layers.{layer}.post_mlp_layernorm"};
  table.gate = {.name = "layers.{layer}.mlp.gate_up_proj", .part = RowPart::kGate};
  table.up = {.name = "layers.{layer}.mlp.gate_up_proj", .part = RowPart::kUp};
  return table;
}();

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view model_type) {
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec, keys.read_common(kHfClass));
  spec.post_norms = model_type == "glm4";
  spec.ropes[0].interleaved = true;
  HEARTH_TRY(spec.qkv_bias, keys.flag("attention_bias", true));
  TensorTable tensors = kHfTensors;
  HEARTH_TRY_VOID(tie_output(checkpoint, false, tensors));
  return ModelPlan{std::move(spec), tensors};
}

}  // namespace

const Family kGlmFamily = {.name = "glm", .hf = {kHfNames, read_hf}};

}  // namespace hearth::model
