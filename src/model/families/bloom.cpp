// BLOOM: alibi in place of positions, a norm on the embeddings, layer norms, feed-forward without a gate, biases
// everywhere.
#include <array>
#include <utility>

#include "model/families.h"
#include "model/families/ggml_keys.h"
#include "model/families/gguf_keys.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"

namespace hearth::model {
namespace {

constexpr std::string_view kGgufNames[] = {"bloom"};
constexpr std::string_view kHfNames[] = {"bloom"};

void set_common(ArchSpec& spec) {
  spec.norm = NormKind::kLayer;
  spec.embedding_norm = true;
  spec.gated = false;
  spec.activation = Activation::kGeluTanh;
  spec.alibi_max_bias = 8.0F;
  require_biases(spec);
  remove_rope(spec);
}

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  HEARTH_TRY(ArchSpec spec, GgufKeys(checkpoint.metadata, architecture).read_common());
  set_common(spec);
  return ModelPlan{std::move(spec), kFusedQkvTensors};
}

constexpr std::array<std::string_view, 2> kHfBloomPrefixes = {"transformer.", ""};

constexpr HfClass kHfClass = {.hidden_dim = "n_embed",
                              .n_layers = "n_layer",
                              .n_heads = "n_head",
                              .context = "seq_length",
                              .norm_eps = "layer_norm_epsilon",
                              .default_ffn_dim = 4,
                              .default_norm_eps = 1e-5,
                              .default_activation = "gelu_pytorch_tanh"};

constexpr TensorTable kHfTensors = [] {
  TensorTable table = hf_tensors();
  table.prefixes = kHfBloomPrefixes;
  table.embedding = {"word_embeddings"};
  table.embedding_norm = {"word_embeddings_layernorm"};
  table.output_norm = {"ln_f"};
  table.attention_norm = {"h.{layer}.input_layernorm"};
  fuse_qkv(table, {.name = "h.{layer}.self_attention.query_key_value", .qkv = QkvLayout::kGroups});
  table.attention_output = {"h.{layer}.self_attention.dense"};
  table.ffn_norm = {"h.{layer}.post_attention_layernorm"};
  table.up = {"h.{layer}.mlp.dense_h_to_4h"};
  table.down = {"h.{layer}.mlp.dense_4h_to_h"};
  return table;
}();

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view /*model_type*/) {
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec, keys.read_common(kHfClass));
  set_common(spec);
  HEARTH_TRY_VOID(keys.expect_flag("apply_residual_connection_post_layernorm", false));
  TensorTable tensors = kHfTensors;
  HEARTH_TRY_VOID(tie_output(checkpoint, true, tensors));
  return ModelPlan{std::move(spec), tensors};
}

constexpr std::string_view kGgmlNames[] = {"bloom"};

// Query, key and value rows were regrouped by the converter.
constexpr TensorTable kGgmlTensors = [] {
  TensorTable table;
  table.embedding = {"tok_embeddings"};
  table.embedding_norm = {"norm"};
  table.output_norm = {"output_norm"};
  table.output = {"output"};
  table.attention_norm = {"layers.{layer}.attention_norm"};
  fuse_qkv(table, {.name = "layers.{layer}.attention.query_key_value"});
  table.attention_output = {"layers.{layer}.attention.wo"};
  table.ffn_norm = {"layers.{layer}.ffn_norm"};
  table.up = {"layers.{layer}.feed_forward.w1"};
  table.down = {"layers.{layer}.feed_forward.w2"};
  return table;
}();

// The context is not in the file; alibi goes beyond the 2048 that all BLOOM models were trained with.
Result<ModelPlan> read_ggml(const formats::Checkpoint& checkpoint, std::string_view /*architecture*/) {
  const GgmlKeys keys(checkpoint);
  HEARTH_TRY(ArchSpec spec, keys.read_common({}));
  set_common(spec);
  HEARTH_TRY(spec.ffn_dim, keys.rows_of("layers.0.feed_forward.w1.weight", kMaxGgmlDim));
  spec.trained_context = 2048;
  return ModelPlan{std::move(spec), kGgmlTensors};
}

}  // namespace

const Family kBloomFamily = {
    .name = "bloom", .gguf = {kGgufNames, read_gguf}, .hf = {kHfNames, read_hf}, .ggml = {kGgmlNames, read_ggml}};

}  // namespace hearth::model
