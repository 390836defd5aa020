// GPT-2 and Cerebras-GPT: layer norms, learned positions, feed-forward without a gate, biases everywhere.
#include <array>
#include <utility>

#include "model/families.h"
#include "model/families/ggml_keys.h"
#include "model/families/gguf_keys.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"

namespace hearth::model {
namespace {

constexpr std::string_view kGgufNames[] = {"gpt2"};
constexpr std::string_view kHfNames[] = {"gpt2"};

void set_common(ArchSpec& spec) {
  spec.norm = NormKind::kLayer;
  spec.learned_positions = true;
  spec.gated = false;
  spec.activation = Activation::kGeluTanh;
  require_biases(spec);
  remove_rope(spec);
}

constexpr TensorTable kGgufTensors = {.query = kFusedQuery, .key = kFusedKey, .value = kFusedValue};

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  HEARTH_TRY(ArchSpec spec, GgufKeys(checkpoint.metadata, architecture).read_common());
  set_common(spec);
  return ModelPlan{std::move(spec), kGgufTensors};
}

constexpr std::array<std::string_view, 2> kHfGpt2Prefixes = {"transformer.", ""};
constexpr std::array<std::string_view, 3> kHfGpt2Ignored = {"attn.bias", "attn.masked_bias", "lm_head."};

constexpr HfClass kHfClass = {.hidden_dim = "n_embd",
                              .n_layers = "n_layer",
                              .n_heads = "n_head",
                              .ffn_dim = "n_inner",
                              .context = "n_positions",
                              .norm_eps = "layer_norm_epsilon",
                              .activation = "activation_function",
                              .default_ffn_dim = 4,
                              .default_context = 1024,
                              .default_norm_eps = 1e-5,
                              .default_activation = "gelu_new"};

// Matrices are stored [in, out].
constexpr TensorTable kHfTensors = [] {
  TensorTable table = hf_tensors();
  table.prefixes = kHfGpt2Prefixes;
  table.ignored = kHfGpt2Ignored;
  table.embedding = {"wte"};
  table.position_embedding = {"wpe"};
  table.output_norm = {"ln_f"};
  table.attention_norm = {"h.{layer}.ln_1"};
  fuse_qkv(table, {.name = "h.{layer}.attn.c_attn", .transposed = true});
  table.attention_output = {.name = "h.{layer}.attn.c_proj", .transposed = true};
  table.ffn_norm = {"h.{layer}.ln_2"};
  table.up = {.name = "h.{layer}.mlp.c_fc", .transposed = true};
  table.down = {.name = "h.{layer}.mlp.c_proj", .transposed = true};
  return table;
}();

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view /*model_type*/) {
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec, keys.read_common(kHfClass));
  set_common(spec);
  HEARTH_TRY(spec.activation, keys.activation(kHfClass.activation, kHfClass.default_activation));
  HEARTH_TRY(const bool is_scaled, keys.flag("scale_attn_weights", true));
  spec.attention_scale = is_scaled ? spec.attention_scale : 1.0F;
  HEARTH_TRY_VOID(keys.expect_flag("scale_attn_by_inverse_layer_idx", false));
  HEARTH_TRY_VOID(keys.expect_flag("add_cross_attention", false));
  TensorTable tensors = kHfTensors;
  HEARTH_TRY_VOID(tie_output(checkpoint, true, tensors));
  return ModelPlan{std::move(spec), tensors};
}

constexpr std::string_view kGgmlNames[] = {"gpt2"};

constexpr TensorTable kGgmlTensors = [] {
  TensorTable table;
  table.embedding = {.name = "model/wte", .weight = ""};
  table.position_embedding = {.name = "model/wpe", .weight = ""};
  table.output_norm = {.name = "model/ln_f", .weight = "/g", .bias = "/b"};
  table.output = {.name = "model/lm_head", .weight = ""};
  table.attention_norm = {.name = "model/h{layer}/ln_1", .weight = "/g", .bias = "/b"};
  fuse_qkv(table, {.name = "model/h{layer}/attn/c_attn", .weight = "/w", .bias = "/b"});
  table.attention_output = {.name = "model/h{layer}/attn/c_proj", .weight = "/w", .bias = "/b"};
  table.ffn_norm = {.name = "model/h{layer}/ln_2", .weight = "/g", .bias = "/b"};
  table.up = {.name = "model/h{layer}/mlp/c_fc", .weight = "/w", .bias = "/b"};
  table.down = {.name = "model/h{layer}/mlp/c_proj", .weight = "/w", .bias = "/b"};
  return table;
}();

Result<ModelPlan> read_ggml(const formats::Checkpoint& checkpoint, std::string_view /*architecture*/) {
  const GgmlKeys keys(checkpoint);
  HEARTH_TRY(ArchSpec spec, keys.read_common({}));
  set_common(spec);
  HEARTH_TRY(spec.ffn_dim, keys.rows_of("model/h0/mlp/c_fc/w", kMaxGgmlDim));
  HEARTH_TRY(spec.trained_context, keys.require_count("n_ctx", kMaxGgmlContext));
  return ModelPlan{std::move(spec), kGgmlTensors};
}

}  // namespace

const Family kGpt2Family = {
    .name = "gpt2", .gguf = {kGgufNames, read_gguf}, .hf = {kHfNames, read_hf}, .ggml = {kGgmlNames, read_ggml}};

}  // namespace hearth::model
