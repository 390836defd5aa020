// GPT-NeoX (Pythia, Dolly, RedPajama-INCITE, StableLM alpha): layer norms, partial rope, feed-forward without a gate,
// and, mostly, attention and feed-forward side by side, each with a norm of its own.
#include <array>
#include <utility>

#include "model/families.h"
#include "model/families/ggml_keys.h"
#include "model/families/gguf_keys.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"

namespace hearth::model {
namespace {

constexpr std::string_view kGgufNames[] = {"gptneox"};
constexpr std::string_view kHfNames[] = {"gpt_neox"};

void set_common(ArchSpec& spec) {
  spec.norm = NormKind::kLayer;
  spec.gated = false;
  spec.activation = Activation::kGeluErf;
  require_biases(spec);
}

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  const GgufKeys keys(checkpoint.metadata, architecture);
  HEARTH_TRY(ArchSpec spec, keys.read_common());
  set_common(spec);
  HEARTH_TRY(spec.parallel_block, keys.flag("use_parallel_residual", true));
  return ModelPlan{std::move(spec), kFusedQkvTensors};
}

constexpr std::array<std::string_view, 2> kHfNeoxPrefixes = {"gpt_neox.", ""};
constexpr std::array<std::string_view, 2> kHfNeoxIgnored = {"attention.bias", "attention.masked_bias"};

constexpr HfClass kHfClass = {.norm_eps = "layer_norm_eps",
                              .default_norm_eps = 1e-5,
                              .default_activation = "gelu",
                              .default_rotary_factor = 0.25};

constexpr TensorTable kHfTensors = [] {
  TensorTable table = hf_tensors();
  table.prefixes = kHfNeoxPrefixes;
  table.ignored = kHfNeoxIgnored;
  table.embedding = {"embed_in"};
  table.output_norm = {"final_layer_norm"};
  table.output = {"embed_out"};
  fuse_qkv(table, {.name = "layers.{layer}.attention.query_key_value", .qkv = QkvLayout::kGroups});
  table.attention_output = {"layers.{layer}.attention.dense"};
  table.up = {"layers.{layer}.mlp.dense_h_to_4h"};
  table.down = {"layers.{layer}.mlp.dense_4h_to_h"};
  return table;
}();

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view /*model_type*/) {
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec, keys.read_common(kHfClass));
  set_common(spec);
  HEARTH_TRY(spec.activation, keys.activation(kHfClass.activation, kHfClass.default_activation));
  HEARTH_TRY(spec.parallel_block, keys.flag("use_parallel_residual", true));
  HEARTH_TRY(spec.qkv_bias, keys.flag("attention_bias", true));
  spec.attention_output_bias = spec.qkv_bias;
  TensorTable tensors = kHfTensors;
  HEARTH_TRY_VOID(tie_output(checkpoint, false, tensors));
  return ModelPlan{std::move(spec), tensors};
}

constexpr std::string_view kGgmlNames[] = {"gptneox"};

// The tensors of ggml files have the names of config.json's. Files of spring 2023 do not say whether attention and
// feed-forward stand side by side; all models of that time had them so.
Result<ModelPlan> read_ggml(const formats::Checkpoint& checkpoint, std::string_view /*architecture*/) {
  const GgmlKeys keys(checkpoint);
  HEARTH_TRY(ArchSpec spec, keys.read_common({}));
  set_common(spec);
  HEARTH_TRY(spec.ffn_dim, keys.rows_of("gpt_neox.layers.0.mlp.dense_h_to_4h.weight", kMaxGgmlDim));
  HEARTH_TRY(spec.trained_context, keys.require_count("n_ctx", kMaxGgmlContext));
  HEARTH_TRY(const double is_parallel, keys.number("par_res", 1.0));
  spec.parallel_block = is_parallel != 0.0;
  return ModelPlan{std::move(spec), kHfTensors};
}

}  // namespace

const Family kGptNeoxFamily = {
    .name = "gpt_neox", .gguf = {kGgufNames, read_gguf}, .hf = {kHfNames, read_hf}, .ggml = {kGgmlNames, read_ggml}};

}  // namespace hearth::model
