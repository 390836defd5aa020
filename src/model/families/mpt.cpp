// MPT: alibi in place of positions, layer norms without bias, feed-forward without a gate, no biases; queries, keys and
// values clamped where the file says so.
#include <array>
#include <utility>

#include "model/families.h"
#include "model/families/ggml_keys.h"
#include "model/families/gguf_keys.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"

namespace hearth::model {
namespace {

constexpr std::string_view kGgufNames[] = {"mpt"};
constexpr std::string_view kHfNames[] = {"mpt"};

void set_common(ArchSpec& spec) {
  spec.norm = NormKind::kLayer;
  spec.gated = false;
  spec.activation = Activation::kGeluErf;
  remove_rope(spec);
}

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  const GgufKeys keys(checkpoint.metadata, architecture);
  HEARTH_TRY(ArchSpec spec, keys.read_common());
  set_common(spec);
  HEARTH_TRY(const double max_bias, keys.positive("attention.max_alibi_bias", 8.0));
  spec.alibi_max_bias = static_cast<float>(max_bias);
  if (keys.contains("attention.clamp_kqv")) {
    HEARTH_TRY(const double clamp, keys.positive("attention.clamp_kqv", 1.0));
    spec.qkv_clamp = static_cast<float>(clamp);
  }
  return ModelPlan{std::move(spec), kFusedQkvTensors};
}

constexpr std::array<std::string_view, 2> kHfMptPrefixes = {"transformer.", ""};

constexpr HfClass kHfClass = {.hidden_dim = "d_model",
                              .n_layers = "n_layers",
                              .n_heads = "n_heads",
                              .context = "max_seq_len",
                              .norm_eps = "layer_norm_epsilon",
                              .default_ffn_dim = 4,
                              .default_norm_eps = 1e-5,
                              .default_activation = "gelu"};

constexpr TensorTable kHfTensors = [] {
  TensorTable table = hf_tensors();
  table.prefixes = kHfMptPrefixes;
  table.embedding = {"wte"};
  table.output_norm = {"norm_f"};
  table.attention_norm = {"blocks.{layer}.norm_1"};
  fuse_qkv(table, {.name = "blocks.{layer}.attn.Wqkv"});
  table.attention_output = {"blocks.{layer}.attn.out_proj"};
  table.ffn_norm = {"blocks.{layer}.norm_2"};
  table.up = {"blocks.{layer}.ffn.up_proj"};
  table.down = {"blocks.{layer}.ffn.down_proj"};
  return table;
}();

Status read_attention(const HfKeys& keys, ArchSpec& spec) {
  HEARTH_TRY_VOID(keys.expect_flag("attn_config.alibi", true));
  HEARTH_TRY_VOID(keys.expect_flag("attn_config.qk_ln", false));
  HEARTH_TRY_VOID(keys.expect_flag("attn_config.prefix_lm", false));
  HEARTH_TRY(const double max_bias, keys.positive("attn_config.alibi_bias_max", 8.0));
  spec.alibi_max_bias = static_cast<float>(max_bias);
  HEARTH_TRY(const double clamp, keys.positive("attn_config.clip_qkv", 0.0));
  spec.qkv_clamp = static_cast<float>(clamp);
  HEARTH_TRY(const double scale, keys.positive("attn_config.softmax_scale", spec.attention_scale));
  spec.attention_scale = static_cast<float>(scale);
  return {};
}

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view /*model_type*/) {
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec, keys.read_common(kHfClass));
  set_common(spec);
  HEARTH_TRY_VOID(read_attention(keys, spec));
  if (keys.contains("logit_scale")) {
    return fail(ErrorCode::kUnsupported, "logit_scale: only null is supported");
  }
  TensorTable tensors = kHfTensors;
  HEARTH_TRY_VOID(tie_output(checkpoint, true, tensors));
  return ModelPlan{std::move(spec), tensors};
}

constexpr std::string_view kGgmlNames[] = {"mpt", "replit"};

// The tensors of ggml files have the names of config.json's. Replit's files leave out what its model has as MPT does.
Result<ModelPlan> read_ggml(const formats::Checkpoint& checkpoint, std::string_view /*architecture*/) {
  const GgmlKeys keys(checkpoint);
  HEARTH_TRY(ArchSpec spec, keys.read_common({.n_layer = "n_layers", .n_embd = "d_model", .n_head = "n_heads"}));
  set_common(spec);
  HEARTH_TRY(spec.ffn_dim, keys.rows_of("transformer.blocks.0.ffn.up_proj.weight", kMaxGgmlDim));
  HEARTH_TRY(spec.trained_context, keys.require_count("max_seq_len", kMaxGgmlContext));
  HEARTH_TRY(const double max_bias, keys.number("alibi_bias_max", 8.0));
  HEARTH_TRY(const double clamp, keys.number("clip_qkv", 0.0));
  if (max_bias == 0.0) {
    return fail(ErrorCode::kUnsupported, "alibi_bias_max: expected more than 0, a model without positions is not run");
  }
  spec.alibi_max_bias = static_cast<float>(max_bias);
  spec.qkv_clamp = static_cast<float>(clamp);
  return ModelPlan{std::move(spec), kHfTensors};
}

}  // namespace

const Family kMptFamily = {
    .name = "mpt", .gguf = {kGgufNames, read_gguf}, .hf = {kHfNames, read_hf}, .ggml = {kGgmlNames, read_ggml}};

}  // namespace hearth::model
