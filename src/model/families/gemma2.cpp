// Gemma 2: as Gemma, with norms behind both sub-layers, soft caps, and windows on every other layer.
#include <cmath>
#include <utility>

#include "model/families.h"
#include "model/families/gguf_keys.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"

namespace hearth::model {
namespace {

constexpr std::string_view kArchitectures[] = {"gemma2"};
constexpr std::string_view kHfNames[] = {"gemma2"};
constexpr std::int32_t kLayersOf27b = 46;

constexpr HfClass kHfClass = {.activation = "hidden_activation",
                              .default_head_dim = 256,
                              .default_context = 8192,
                              .default_activation = "gelu_pytorch_tanh"};

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  const GgufKeys keys(checkpoint.metadata, architecture);
  HEARTH_TRY(ArchSpec spec, keys.read_common());
  spec.activation = Activation::kGeluTanh;
  spec.embedding_scale = std::sqrt(static_cast<float>(spec.hidden_dim));
  spec.post_norms = true;
  HEARTH_TRY(const double attention_softcap, keys.positive("attn_logit_softcapping", 50.0));
  HEARTH_TRY(const double logit_softcap, keys.positive("final_logit_softcapping", 30.0));
  spec.attention_softcap = static_cast<float>(attention_softcap);
  spec.logit_softcap = static_cast<float>(logit_softcap);
  // The query scale is not in the file: the 27B model divides the width by the heads, the others have head_dim.
  if (spec.n_layers == kLayersOf27b && !keys.contains("attention.scale")) {
    spec.attention_scale = 1.0F / std::sqrt(static_cast<float>(spec.hidden_dim / spec.n_heads));
  }
  HEARTH_TRY(const std::int32_t window, keys.count("attention.sliding_window", 4096, 1 << 28));
  set_windows(spec, window, 2);
  return ModelPlan{std::move(spec), {}};
}

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view /*model_type*/) {
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec, keys.read_common(kHfClass));
  spec.embedding_scale = std::sqrt(static_cast<float>(spec.hidden_dim));
  spec.post_norms = true;
  HEARTH_TRY(spec.qkv_bias, keys.flag("attention_bias", false));
  HEARTH_TRY(const double query_scalar, keys.positive("query_pre_attn_scalar", 256.0));
  spec.attention_scale = static_cast<float>(1.0 / std::sqrt(query_scalar));
  HEARTH_TRY(const double attention_softcap, keys.positive("attn_logit_softcapping", 0.0));
  HEARTH_TRY(const double logit_softcap, keys.positive("final_logit_softcapping", 0.0));
  spec.attention_softcap = static_cast<float>(attention_softcap);
  spec.logit_softcap = static_cast<float>(logit_softcap);
  HEARTH_TRY(const std::int32_t window, keys.window());
  HEARTH_TRY(const bool has_types, keys.read_layer_types(spec, window));
  if (!has_types) {
    set_windows(spec, window, 2);
  }
  TensorTable tensors = with_norms_plus_one(hf_tensors_with_post_norms());
  HEARTH_TRY_VOID(tie_output(checkpoint, true, tensors));
  return ModelPlan{std::move(spec), tensors};
}

}  // namespace

const Family kGemma2Family = {.name = "gemma2", .gguf = {kArchitectures, read_gguf}, .hf = {kHfNames, read_hf}};

}  // namespace hearth::model
