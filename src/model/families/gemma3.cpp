// Gemma 3 (text): norms behind both sub-layers and on query and key heads; every sixth layer is global. Window layers
// have a rope base of their own and no scaling.
#include <cmath>
#include <utility>

#include "model/families.h"
#include "model/families/gguf_keys.h"

namespace hearth::model {
namespace {

constexpr std::string_view kArchitectures[] = {"gemma3"};
constexpr std::int32_t kLayersOf27b = 62;
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

}  // namespace

const Family kGemma3Family = {.name = "gemma3", .gguf = {kArchitectures, read_gguf}};

}  // namespace hearth::model
