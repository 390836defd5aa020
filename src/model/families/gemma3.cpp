// Gemma 3 (text): norms behind both sub-layers and on query and key heads; every sixth layer is global. Window layers
// have a rope base of their own and no scaling.
#include <cmath>
#include <utility>

#include "model/families.h"
#include "model/families/gguf_keys.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"

namespace hearth::model {
namespace {

constexpr std::string_view kArchitectures[] = {"gemma3"};
constexpr std::string_view kHfNames[] = {"gemma3_text", "gemma3"};
constexpr std::int32_t kLayersOf27b = 62;

// The text part of a multimodal file gives little more than its dimensions.
constexpr HfClass kHfClass = {.activation = "hidden_activation",
                              .default_heads = 8,
                              .default_head_dim = 256,
                              .default_kv_heads = 4,
                              .default_context = 131072,
                              .default_activation = "gelu_pytorch_tanh",
                              .default_rope_base = 1000000.0,
                              .stretched_context = true};
constexpr std::int32_t kGlobal = 0;  // rope classes
constexpr std::int32_t kLocal = 1;

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  const GgufKeys keys(checkpoint.metadata, architecture);
  HEARTH_TRY(ArchSpec spec, keys.read_common());
  spec.activation = Activation::kGeluTanh;
  spec.embedding_scale = std::sqrt(static_cast<float>(spec.hidden_dim));
  spec.post_norms = true;
  spec.qk_norm = true;
  if (spec.n_layers == kLayersOf27b && !keys.contains("attention.scale")) {
    spec.attention_scale = 1.0F / std::sqrt(static_cast<float>(spec.hidden_dim / spec.n_heads));
  }
  HEARTH_TRY(const std::int32_t window, keys.count("attention.sliding_window", 1024, 1 << 28));
  HEARTH_TRY(const std::int32_t pattern, keys.count("attention.sliding_window_pattern", 6, 1 << 12));
  set_windows(spec, window, pattern);
  HEARTH_TRY(const double local_base, keys.positive("rope.freq_base_swa", 10000.0));
  spec.ropes.push_back({.base = local_base, .n_rotated = spec.ropes[kGlobal].n_rotated});
  for (LayerSpec& layer : spec.layers) {
    layer.rope_class = layer.window > 0 ? kLocal : kGlobal;
  }
  return ModelPlan{std::move(spec), {}};
}

// Window layers have a rope without scaling, and a base of their own.
Result<RopeSpec> read_local_rope(const HfKeys& keys, const ArchSpec& spec) {
  HEARTH_TRY(const double base, keys.positive("rope_local_base_freq", 10000.0));
  RopeSpec rope{.base = base, .n_rotated = spec.head_dim};
  HEARTH_TRY(rope.base, keys.positive("rope_parameters.sliding_attention.rope_theta", base));
  return rope;
}

Status read_windows(const HfKeys& keys, ArchSpec& spec) {
  HEARTH_TRY(const std::int32_t window, keys.window());
  HEARTH_TRY(const bool has_types, keys.read_layer_types(spec, window));
  if (!has_types) {
    HEARTH_TRY(const std::int32_t pattern, keys.count("sliding_window_pattern", 6, 1 << 12));
    set_windows(spec, window, pattern);
  }
  return {};
}

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view /*model_type*/) {
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec, keys.read_common(kHfClass));
  HEARTH_TRY(spec.ropes[kGlobal], keys.read_rope(spec, keys.rope_section("full_attention"), kHfClass));
  HEARTH_TRY(RopeSpec local, read_local_rope(keys, spec));
  spec.ropes.push_back(std::move(local));
  spec.embedding_scale = std::sqrt(static_cast<float>(spec.hidden_dim));
  spec.post_norms = true;
  spec.qk_norm = true;
  HEARTH_TRY(spec.qkv_bias, keys.flag("attention_bias", false));
  HEARTH_TRY_VOID(keys.expect_flag("use_bidirectional_attention", false));
  HEARTH_TRY(const double query_scalar, keys.positive("query_pre_attn_scalar", 256.0));
  spec.attention_scale = static_cast<float>(1.0 / std::sqrt(query_scalar));
  HEARTH_TRY(const double attention_softcap, keys.positive("attn_logit_softcapping", 0.0));
  HEARTH_TRY(const double logit_softcap, keys.positive("final_logit_softcapping", 0.0));
  spec.attention_softcap = static_cast<float>(attention_softcap);
  spec.logit_softcap = static_cast<float>(logit_softcap);
  HEARTH_TRY_VOID(read_windows(keys, spec));
  for (LayerSpec& layer : spec.layers) {
    layer.rope_class = layer.window > 0 ? kLocal : kGlobal;
  }
  TensorTable tensors = with_norms_plus_one(hf_tensors_with_post_norms());
  HEARTH_TRY_VOID(tie_output(checkpoint, true, tensors));
  return ModelPlan{std::move(spec), tensors};
}

}  // namespace

const Family kGemma3Family = {.name = "gemma3", .gguf = {kArchitectures, read_gguf}, .hf = {kHfNames, read_hf}};

}  // namespace hearth::model
