// Gemma: GeGLU and embeddings scaled by the square root of their width. GGUF stores norm weights plus one, which is
// what the norm multiplies with.
#include <cmath>
#include <utility>

#include "model/families.h"
#include "model/families/gguf_keys.h"

namespace hearth::model {
namespace {

constexpr std::string_view kArchitectures[] = {"gemma"};

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  HEARTH_TRY(ArchSpec spec, GgufKeys(checkpoint.metadata, architecture).read_common());
  spec.activation = Activation::kGeluTanh;
  spec.embedding_scale = std::sqrt(static_cast<float>(spec.hidden_dim));
  return ModelPlan{std::move(spec), {}};
}

}  // namespace

const Family kGemmaFamily = {.name = "gemma", .gguf = {kArchitectures, read_gguf}};

}  // namespace hearth::model
