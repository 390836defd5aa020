// GPT-BigCode (SantaCoder, StarCoder): as GPT-2, with one key and value head for all query heads.
#include <array>
#include <utility>

#include "model/families.h"
#include "model/families/ggml_keys.h"
#include "model/families/gguf_keys.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"

namespace hearth::model {
namespace {

constexpr std::string_view kGgufNames[] = {"starcoder"};
constexpr std::string_view kHfNames[] = {"gpt_bigcode"};

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

constexpr std::array<std::string_view, 2> kHfBigcodePrefixes = {"transformer.", ""};
constexpr std::array<std::string_view, 3> kHfBigcodeIgnored = {"attn.bias", "attn.masked_bias", "lm_head."};

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
                              .default_activation = "gelu_pytorch_tanh"};

constexpr TensorTable kHfTensors = [] {
  TensorTable table = hf_tensors();
  table.prefixes = kHfBigcodePrefixes;
  table.ignored = kHfBigcodeIgnored;
  table.embedding = {"wte"};
  table.position_embedding = {"wpe"};
  table.output_norm = {"ln_f"};
  table.attention_norm = {"h.{layer}.ln_1"};
  fuse_qkv(table, {.name = "h.{layer}.attn.c_attn", .qkv = QkvLayout::kGroups});
  table.attention_output = {"h.{layer}.attn.c_proj"};
  table.ffn_norm = {"h.{layer}.ln_2"};
  table.up = {"h.{layer}.mlp.c_fc"};
  table.down = {"h.{layer}.mlp.c_proj"};
  return table;
}();

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view /*model_type*/) {
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec, keys.read_common(kHfClass));
  set_common(spec);
  HEARTH_TRY(spec.activation, keys.activation(kHfClass.activation, kHfClass.default_activation));
  HEARTH_TRY(const bool is_multi_query, keys.flag("multi_query", true));
  spec.n_kv_heads = is_multi_query ? 1 : spec.n_heads;
  HEARTH_TRY(const bool is_scaled, keys.flag("scale_attn_weights", true));
  spec.attention_scale = is_scaled ? spec.attention_scale : 1.0F;
  TensorTable tensors = kHfTensors;
  HEARTH_TRY_VOID(tie_output(checkpoint, true, tensors));
  return ModelPlan{std::move(spec), tensors};
}

constexpr std::string_view kGgmlNames[] = {"starcoder"};

// Converters repeated the one key and value head for every query head.
constexpr TensorTable kGgmlTensors = [] {
  TensorTable table;
  table.embedding = {.name = "model/wte", .weight = ""};
  table.position_embedding = {.name = "model/wpe", .weight = ""};
  table.output_norm = {.name = "model/ln_f", .weight = "/g", .bias = "/b"};
  table.output = {.name = "model/lm_head", .weight = ""};
  table.attention_norm = {.name = "model/h{layer}/ln_1", .weight = "/g", .bias = "/b"};
  fuse_qkv(table, {.name = "model/h{layer}/attn/c_attn", .qkv = QkvLayout::kRepeatedKv, .weight = "/w", .bias = "/b"});
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
  spec.n_kv_heads = 1;
  HEARTH_TRY(spec.ffn_dim, keys.rows_of("model/h0/mlp/c_fc/w", kMaxGgmlDim));
  HEARTH_TRY(spec.trained_context, keys.require_count("n_ctx", kMaxGgmlContext));
  return ModelPlan{std::move(spec), kGgmlTensors};
}

}  // namespace

const Family kGptBigcodeFamily = {
    .name = "gpt_bigcode", .gguf = {kGgufNames, read_gguf}, .hf = {kHfNames, read_hf}, .ggml = {kGgmlNames, read_ggml}};

}  // namespace hearth::model
