// GPT-2 and Cerebras-GPT: layer norms, learned positions, feed-forward without a gate, biases everywhere.
#include "model/families/gpt2.h"

#include <utility>

#include "model/families.h"
#include "model/families/ggml_keys.h"
#include "model/families/gguf_keys.h"

namespace hearth::model {
namespace {

constexpr std::string_view kNames[] = {"gpt2"};

void set_common(ArchSpec& spec) {
  spec.norm = NormKind::kLayer;
  spec.learned_positions = true;
  spec.gated = false;
  spec.activation = Activation::kGeluTanh;
  require_biases(spec);
  remove_rope(spec);
}

constexpr HfClass kHfClass = gpt2_hf_class("gelu_new");
constexpr TensorTable kHfTensors = gpt2_hf_tensors(QkvLayout::kBlocks, /*transposed=*/true);
constexpr TensorTable kGgmlTensors = gpt2_ggml_tensors(QkvLayout::kBlocks);

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  HEARTH_TRY(ArchSpec spec, read_gpt2_gguf(checkpoint, architecture));
  return ModelPlan{std::move(spec), kFusedQkvTensors};
}

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view /*model_type*/) {
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec, read_gpt2_hf(keys, kHfClass));
  HEARTH_TRY_VOID(keys.expect_flag("scale_attn_by_inverse_layer_idx", false));
  HEARTH_TRY_VOID(keys.expect_flag("add_cross_attention", false));
  TensorTable tensors = kHfTensors;
  HEARTH_TRY_VOID(tie_output(checkpoint, true, tensors));
  return ModelPlan{std::move(spec), tensors};
}

Result<ModelPlan> read_ggml(const formats::Checkpoint& checkpoint, std::string_view /*architecture*/) {
  HEARTH_TRY(ArchSpec spec, read_gpt2_ggml(checkpoint));
  return ModelPlan{std::move(spec), kGgmlTensors};
}

}  // namespace

Result<ArchSpec> read_gpt2_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  HEARTH_TRY(ArchSpec spec, GgufKeys(checkpoint.metadata, architecture).read_common());
  set_common(spec);
  return spec;
}

Result<ArchSpec> read_gpt2_hf(const HfKeys& keys, const HfClass& hf_class) {
  HEARTH_TRY(ArchSpec spec, keys.read_common(hf_class));
  set_common(spec);
  HEARTH_TRY(spec.activation, keys.activation(hf_class.activation, hf_class.default_activation));
  HEARTH_TRY(const bool is_scaled, keys.flag("scale_attn_weights", true));
  spec.attention_scale = is_scaled ? spec.attention_scale : 1.0F;
  return spec;
}

Result<ArchSpec> read_gpt2_ggml(const formats::Checkpoint& checkpoint) {
  const GgmlKeys keys(checkpoint);
  HEARTH_TRY(ArchSpec spec, keys.read_common({}));
  set_common(spec);
  HEARTH_TRY(spec.ffn_dim, keys.rows_of("model/h0/mlp/c_fc/w", kMaxGgmlDim));
  HEARTH_TRY(spec.trained_context, keys.require_count("n_ctx", kMaxGgmlContext));
  return spec;
}

const Family kGpt2Family = {
    .name = "gpt2", .gguf = {kNames, read_gguf}, .hf = {kNames, read_hf}, .ggml = {kNames, read_ggml}};

}  // namespace hearth::model
