// GPT-J: attention and feed-forward side by side on one layer norm, rope over pairs of neighbours in the first
// dimensions of a head, feed-forward without a gate; biases in the feed-forward layer and the output head only.
#include <array>
#include <utility>

#include "model/families.h"
#include "model/families/ggml_keys.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"

namespace hearth::model {
namespace {

constexpr std::string_view kHfNames[] = {"gptj"};

constexpr std::array<std::string_view, 2> kHfPrefixesOfGptj = {"transformer.", ""};
constexpr std::array<std::string_view, 2> kHfIgnoredOfGptj = {"attn.bias", "attn.masked_bias"};

constexpr HfClass kHfClass = {.hidden_dim = "n_embd",
                              .n_layers = "n_layer",
                              .n_heads = "n_head",
                              .ffn_dim = "n_inner",
                              .context = "n_positions",
                              .norm_eps = "layer_norm_epsilon",
                              .activation = "activation_function",
                              .default_ffn_dim = 4,
                              .default_norm_eps = 1e-5,
                              .default_activation = "gelu_new"};

void set_common(ArchSpec& spec) {
  spec.norm = NormKind::kLayer;
  spec.norm_bias = true;
  spec.parallel_block = true;
  spec.gated = false;
  spec.ffn_bias = true;
  spec.output_bias = true;
  spec.ropes[0].interleaved = true;
}

constexpr TensorTable kHfTensors = [] {
  TensorTable table = hf_tensors();
  table.prefixes = kHfPrefixesOfGptj;
  table.ignored = kHfIgnoredOfGptj;
  table.embedding = {"wte"};
  table.output_norm = {"ln_f"};
  table.attention_norm = {"h.{layer}.ln_1"};
  table.query = {"h.{layer}.attn.q_proj"};
  table.key = {"h.{layer}.attn.k_proj"};
  table.value = {"h.{layer}.attn.v_proj"};
  table.attention_output = {"h.{layer}.attn.out_proj"};
  table.ffn_norm = {};
  table.up = {"h.{layer}.mlp.fc_in"};
  table.down = {"h.{layer}.mlp.fc_out"};
  return table;
}();

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view /*model_type*/) {
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec, keys.read_common(kHfClass));
  set_common(spec);
  HEARTH_TRY(spec.ropes[0].n_rotated, keys.count("rotary_dim", 64, spec.head_dim));
  if (spec.ropes[0].n_rotated % 2 != 0) {
    return fail(ErrorCode::kCorruptFile,
                "rotary_dim: expected an even number, found " + std::to_string(spec.ropes[0].n_rotated));
  }
  TensorTable tensors = kHfTensors;
  HEARTH_TRY_VOID(tie_output(checkpoint, false, tensors));
  return ModelPlan{std::move(spec), tensors};
}

constexpr std::string_view kGgmlNames[] = {"gptj"};

// The tensors of ggml files have the names of config.json's.
Result<ModelPlan> read_ggml(const formats::Checkpoint& checkpoint, std::string_view /*architecture*/) {
  const GgmlKeys keys(checkpoint);
  HEARTH_TRY(ArchSpec spec, keys.read_common({}));
  set_common(spec);
  spec.activation = Activation::kGeluTanh;
  HEARTH_TRY(spec.ffn_dim, keys.rows_of("transformer.h.0.mlp.fc_in.weight", kMaxGgmlDim));
  HEARTH_TRY(spec.trained_context, keys.require_count("n_ctx", kMaxGgmlContext));
  return ModelPlan{std::move(spec), kHfTensors};
}

}  // namespace

const Family kGptjFamily = {.name = "gptj", .hf = {kHfNames, read_hf}, .ggml = {kGgmlNames, read_ggml}};

}  // namespace hearth::model
