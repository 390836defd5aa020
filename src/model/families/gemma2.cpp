// Gemma 2: as Gemma, with norms behind both sub-layers, soft caps, and windows on every other layer.
#include <cmath>
#include <utility>

#include "model/families.h"
#include "model/families/gguf_keys.h"

namespace hearth::model {
namespace {

constexpr std::string_view kArchitectures[] = {"gemma2"};
constexpr std::int32_t kLayersOf27b = 46;

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

}  // namespace

const Family kGemma2Family = {.name = "gemma2", .gguf = {kArchitectures, read_gguf}};

}  // namespace hearth::model
