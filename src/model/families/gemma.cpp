// Gemma: GeGLU and embeddings scaled by the square root of their width. GGUF stores norm weights plus one, which is
// what the norm multiplies with.
#include <cmath>

#include "model/families.h"
#include "model/families/gguf_keys.h"

namespace hearth::model {
namespace {

constexpr std::string_view kArchitectures[] = {"gemma"};

Result<ArchSpec> spec_from_gguf(const formats::Metadata& metadata, std::string_view architecture) {
  HEARTH_TRY(ArchSpec spec, GgufKeys(metadata, architecture).read_common());
  spec.activation = Activation::kGeluTanh;
  spec.embedding_scale = std::sqrt(static_cast<float>(spec.hidden_dim));
  return spec;
}

}  // namespace

const Family kGemmaFamily = {
    .name = "gemma", .gguf_architectures = kArchitectures, .spec_from_gguf = spec_from_gguf, .gguf_tensors = {}};

}  // namespace hearth::model
