// Granite 3: as Llama, with factors on embeddings, scores, the outputs of both sub-layers, and logits.
#include <utility>

#include "model/families.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"

namespace hearth::model {
namespace {

constexpr std::string_view kHfNames[] = {"granite"};

Status read_factors(const HfKeys& keys, ArchSpec& spec) {
  HEARTH_TRY(const double embedding, keys.positive("embedding_multiplier", 1.0));
  HEARTH_TRY(const double attention, keys.positive("attention_multiplier", 1.0));
  HEARTH_TRY(const double residual, keys.positive("residual_multiplier", 1.0));
  HEARTH_TRY(const double logits, keys.positive("logits_scaling", 1.0));
  spec.embedding_scale = static_cast<float>(embedding);
  spec.attention_scale = static_cast<float>(attention);
  spec.residual_scale = static_cast<float>(residual);
  spec.logit_scale = static_cast<float>(1.0 / logits);
  return {};
}

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view /*model_type*/) {
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec, keys.read_common({}));
  HEARTH_TRY_VOID(read_factors(keys, spec));
  HEARTH_TRY(spec.qkv_bias, keys.flag("attention_bias", false));
  spec.attention_output_bias = spec.qkv_bias;
  HEARTH_TRY(spec.ffn_bias, keys.flag("mlp_bias", false));
  TensorTable tensors = hf_tensors();
  HEARTH_TRY_VOID(tie_output(checkpoint, false, tensors));
  return ModelPlan{std::move(spec), tensors};
}

}  // namespace

const Family kGraniteFamily = {.name = "granite", .hf = {kHfNames, read_hf}};

}  // namespace hearth::model
