// Gemma: GeGLU and embeddings scaled by the square root of their width. GGUF stores norm weights plus one, which is
// what the norm multiplies with; transformers stores them without.
#include <cmath>
#include <utility>

#include "model/families.h"
#include "model/families/gguf_keys.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"

namespace hearth::model {
namespace {

constexpr std::string_view kArchitectures[] = {"gemma"};
constexpr std::string_view kHfNames[] = {"gemma"};

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  HEARTH_TRY(ArchSpec spec, GgufKeys(checkpoint.metadata, architecture).read_common());
  spec.activation = Activation::kGeluTanh;
  spec.embedding_scale = std::sqrt(static_cast<float>(spec.hidden_dim));
  return ModelPlan{std::move(spec), {}};
}

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view /*model_type*/) {
  const HfKeys keys(checkpoint.metadata);
  // Files of the first weeks say "gelu" in another key, and mean the approximation by tanh.
  HEARTH_TRY(ArchSpec spec, keys.read_common({.activation = "hidden_activation",
                                              .default_head_dim = 256,
                                              .default_context = 8192,
                                              .default_activation = "gelu_pytorch_tanh"}));
  spec.embedding_scale = std::sqrt(static_cast<float>(spec.hidden_dim));
  HEARTH_TRY(spec.qkv_bias, keys.flag("attention_bias", false));
  TensorTable tensors = with_norms_plus_one(hf_tensors());
  HEARTH_TRY_VOID(tie_output(checkpoint, true, tensors));
  return ModelPlan{std::move(spec), tensors};
}

}  // namespace

const Family kGemmaFamily = {.name = "gemma", .gguf = {kArchitectures, read_gguf}, .hf = {kHfNames, read_hf}};

}  // namespace hearth::model
