// OPT and Galactica: layer norms, learned positions whose table begins with two unused rows, feed-forward without a
// gate. The 350M model puts its norms behind the residual and projects its narrower embedding in and out.
#include <array>
#include <utility>

#include "model/families.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"

namespace hearth::model {
namespace {

constexpr std::string_view kHfNames[] = {"opt"};
constexpr std::int32_t kMaxDim = 1 << 20;
constexpr std::int32_t kPositionOffset = 2;

// Files of single decoders leave "model." out.
constexpr std::array<std::string_view, 4> kHfPrefixesOfOpt = {"model.decoder.", "decoder.", "model.", ""};

constexpr HfClass kHfClass = {
    .ffn_dim = "ffn_dim", .activation = "activation_function", .default_norm_eps = 1e-5, .default_activation = "relu"};

constexpr TensorTable kHfTensors = [] {
  TensorTable table = hf_tensors();
  table.prefixes = kHfPrefixesOfOpt;
  table.position_embedding = {"embed_positions"};
  table.project_in = {"project_in"};
  table.project_out = {"project_out"};
  table.output_norm = {"final_layer_norm"};
  table.attention_norm = {"layers.{layer}.self_attn_layer_norm"};
  table.attention_output = {"layers.{layer}.self_attn.out_proj"};
  table.ffn_norm = {"layers.{layer}.final_layer_norm"};
  table.up = {"layers.{layer}.fc1"};
  table.down = {"layers.{layer}.fc2"};
  return table;
}();

Status read_norms(const HfKeys& keys, ArchSpec& spec) {
  spec.norm = NormKind::kLayer;
  HEARTH_TRY(const bool is_before, keys.flag("do_layer_norm_before", true));
  spec.norm_after_residual = !is_before;
  if (is_before) {
    HEARTH_TRY_VOID(keys.expect_flag("_remove_final_layer_norm", false));
  }
  return keys.expect_flag("layer_norm_elementwise_affine", true);
}

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view /*model_type*/) {
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec, keys.read_common(kHfClass));
  HEARTH_TRY_VOID(read_norms(keys, spec));
  HEARTH_TRY(const bool has_biases, keys.flag("enable_bias", true));
  if (has_biases) {
    require_biases(spec);
  }
  HEARTH_TRY(spec.embedding_dim, keys.count("word_embed_proj_dim", 0, kMaxDim));
  spec.gated = false;
  spec.learned_positions = true;
  spec.position_offset = kPositionOffset;
  remove_rope(spec);
  TensorTable tensors = kHfTensors;
  HEARTH_TRY_VOID(tie_output(checkpoint, true, tensors));
  return ModelPlan{std::move(spec), tensors};
}

}  // namespace

const Family kOptFamily = {.name = "opt", .hf = {kHfNames, read_hf}};

}  // namespace hearth::model
