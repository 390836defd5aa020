// Falcon: attention and feed-forward side by side on one norm, or, in the larger models, on a norm each; rope; few key
// and value heads; no biases but those of the norms.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "model/families.h"
#include "model/families/ggml_keys.h"
#include "model/families/gguf_keys.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"

namespace hearth::model {
namespace {

constexpr std::string_view kGgufNames[] = {"falcon"};
constexpr std::string_view kHfNames[] = {"falcon", "RefinedWeb", "RefinedWebModel"};

void set_common(ArchSpec& spec) {
  spec.norm = NormKind::kLayer;
  spec.norm_bias = true;
  spec.parallel_block = true;
  spec.gated = false;
  spec.activation = Activation::kGeluErf;
}

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  HEARTH_TRY(ArchSpec spec, GgufKeys(checkpoint.metadata, architecture).read_common());
  set_common(spec);
  TensorTable tensors = kFusedQkvTensors;
  tensors.ffn_norm = {};
  if (checkpoint.find("blk.0.attn_norm_2.weight") != nullptr) {
    tensors.attention_norm.name = "blk.{layer}.attn_norm_2";
    tensors.ffn_norm.name = "blk.{layer}.attn_norm";
  }
  return ModelPlan{std::move(spec), tensors};
}

constexpr std::array<std::string_view, 2> kHfFalconPrefixes = {"transformer.", ""};

// The names of RefinedWeb, as the models were first called, beside those of today.
constexpr HfClass kHfClass = {.n_layers = "n_layer",
                              .n_heads = "n_head",
                              .n_kv_heads = "num_kv_heads",
                              .ffn_dim = "ffn_hidden_size",
                              .norm_eps = "layer_norm_epsilon",
                              .activation = "activation",
                              .default_ffn_dim = 4,
                              .default_norm_eps = 1e-5,
                              .default_activation = "gelu"};

constexpr TensorTable kHfTensors = [] {
  TensorTable table = hf_tensors();
  table.prefixes = kHfFalconPrefixes;
  table.embedding = {"word_embeddings"};
  table.output_norm = {"ln_f"};
  table.attention_norm = {"h.{layer}.input_layernorm"};
  fuse_qkv(table, {.name = "h.{layer}.self_attention.query_key_value", .qkv = QkvLayout::kGroups});
  table.attention_output = {"h.{layer}.self_attention.dense"};
  table.ffn_norm = {};
  table.up = {"h.{layer}.mlp.dense_h_to_4h"};
  table.down = {"h.{layer}.mlp.dense_4h_to_h"};
  return table;
}();

// Key and value heads: groups in the larger models, one for all heads in the 7B, as many as query heads in others.
Status read_kv_heads(const HfKeys& keys, bool is_grouped, ArchSpec& spec) {
  HEARTH_TRY(const bool is_multi_query, keys.flag("multi_query", true));
  if (is_grouped) {
    HEARTH_TRY(spec.n_kv_heads, keys.count("n_head_kv", spec.n_kv_heads, spec.n_heads));
  } else {
    spec.n_kv_heads = is_multi_query ? 1 : spec.n_heads;
  }
  if (spec.n_heads % spec.n_kv_heads != 0) {
    return fail(ErrorCode::kCorruptFile, fmt::format("num_kv_heads: {} query heads do not go with {} key/value heads",
                                                     spec.n_heads, spec.n_kv_heads));
  }
  return {};
}

Status read_positions(const HfKeys& keys, ArchSpec& spec) {
  HEARTH_TRY(const bool has_alibi, keys.flag("alibi", false));
  if (has_alibi) {
    remove_rope(spec);
    spec.alibi_max_bias = 8.0F;
    spec.alibi_scale = spec.attention_scale;  // added before the scores are scaled
  }
  return {};
}

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view model_type) {
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec, keys.read_common(kHfClass));
  set_common(spec);
  HEARTH_TRY(const bool is_grouped, keys.flag("new_decoder_architecture", model_type == "RefinedWeb"));
  HEARTH_TRY(const bool is_parallel, keys.flag("parallel_attn", true));
  HEARTH_TRY(const std::int32_t n_norms, keys.count("num_ln_in_parallel_attn", is_grouped ? 2 : 1, 2));
  HEARTH_TRY(const bool has_biases, keys.flag("bias", false));
  HEARTH_TRY_VOID(read_kv_heads(keys, is_grouped, spec));
  HEARTH_TRY_VOID(read_positions(keys, spec));
  spec.parallel_block = is_grouped || is_parallel;
  if (has_biases) {
    require_biases(spec);
  }
  TensorTable tensors = kHfTensors;
  if (is_grouped && n_norms == 2) {
    tensors.attention_norm = {"h.{layer}.ln_attn"};
    tensors.ffn_norm = {"h.{layer}.ln_mlp"};
  } else if (!spec.parallel_block) {
    tensors.ffn_norm = {"h.{layer}.post_attention_layernorm"};
  }
  HEARTH_TRY_VOID(tie_output(checkpoint, true, tensors));
  return ModelPlan{std::move(spec), tensors};
}

constexpr std::string_view kGgmlNames[] = {"falcon"};

// The tensors of ggml files have the names of config.json's, but query, key and value rows were regrouped by the
// converter. The context is not in the file.
Result<ModelPlan> read_ggml(const formats::Checkpoint& checkpoint, std::string_view /*architecture*/) {
  const GgmlKeys keys(checkpoint);
  HEARTH_TRY(ArchSpec spec, keys.read_common({}));
  set_common(spec);
  HEARTH_TRY(spec.ffn_dim, keys.rows_of("transformer.h.0.mlp.dense_h_to_4h.weight", kMaxGgmlDim));
  HEARTH_TRY(spec.n_kv_heads, keys.require_count("n_head_kv", spec.n_heads));
  if (spec.n_heads % spec.n_kv_heads != 0) {
    return fail(ErrorCode::kCorruptFile, fmt::format("n_head_kv: expected a divisor of {} query heads, found {}",
                                                     spec.n_heads, spec.n_kv_heads));
  }
  spec.trained_context = 2048;
  TensorTable tensors = kHfTensors;
  fuse_qkv(tensors, {.name = "h.{layer}.self_attention.query_key_value"});
  if (checkpoint.find("transformer.h.0.ln_attn.weight") != nullptr) {
    tensors.attention_norm = {"h.{layer}.ln_attn"};
    tensors.ffn_norm = {"h.{layer}.ln_mlp"};
  }
  return ModelPlan{std::move(spec), tensors};
}

}  // namespace

const Family kFalconFamily = {
    .name = "falcon", .gguf = {kGgufNames, read_gguf}, .hf = {kHfNames, read_hf}, .ggml = {kGgmlNames, read_ggml}};

}  // namespace hearth::model
