// Phi-1, 1.5 and 2: attention and feed-forward side by side on one layer norm, partial rope, biases everywhere, the
// output head included.
#include <utility>

#include "model/families.h"
#include "model/families/gguf_keys.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"

namespace hearth::model {
namespace {

constexpr std::string_view kGgufNames[] = {"phi2"};
constexpr std::string_view kHfNames[] = {"phi"};

void set_common(ArchSpec& spec) {
  spec.norm = NormKind::kLayer;
  spec.parallel_block = true;
  spec.gated = false;
  spec.activation = Activation::kGeluTanh;
  spec.output_bias = true;
  require_biases(spec);
}

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  HEARTH_TRY(ArchSpec spec, GgufKeys(checkpoint.metadata, architecture).read_common());
  set_common(spec);
  // The first converters wrote query, key and value as one tensor.
  const bool is_fused = checkpoint.find("blk.0.attn_qkv.weight") != nullptr;
  TensorTable tensors = is_fused ? kFusedQkvTensors : TensorTable();
  tensors.ffn_norm = {};
  return ModelPlan{std::move(spec), tensors};
}

constexpr HfClass kHfClass = {.norm_eps = "layer_norm_eps",
                              .default_norm_eps = 1e-5,
                              .default_activation = "gelu_new",
                              .default_rotary_factor = 0.5};

constexpr TensorTable kHfTensors = [] {
  TensorTable table = hf_tensors();
  table.output_norm = {"final_layernorm"};
  table.attention_output = {"layers.{layer}.self_attn.dense"};
  table.ffn_norm = {};
  table.up = {"layers.{layer}.mlp.fc1"};
  table.down = {"layers.{layer}.mlp.fc2"};
  return table;
}();

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view /*model_type*/) {
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec, keys.read_common(kHfClass));
  set_common(spec);
  HEARTH_TRY(spec.activation, keys.activation(kHfClass.activation, kHfClass.default_activation));
  HEARTH_TRY_VOID(keys.expect_flag("qk_layernorm", false));
  TensorTable tensors = kHfTensors;
  HEARTH_TRY_VOID(tie_output(checkpoint, false, tensors));
  return ModelPlan{std::move(spec), tensors};
}

}  // namespace

const Family kPhiFamily = {.name = "phi", .gguf = {kGgufNames, read_gguf}, .hf = {kHfNames, read_hf}};

}  // namespace hearth::model
