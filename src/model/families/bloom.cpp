// BLOOM: alibi in place of positions, a norm on the embeddings, layer norms, feed-forward without a gate, biases
// everywhere.
#include <utility>

#include "model/families.h"
#include "model/families/gguf_keys.h"

namespace hearth::model {
namespace {

constexpr std::string_view kGgufNames[] = {"bloom"};

void set_common(ArchSpec& spec) {
  spec.norm = NormKind::kLayer;
  spec.embedding_norm = true;
  spec.gated = false;
  spec.activation = Activation::kGeluTanh;
  spec.alibi_max_bias = 8.0F;
  require_biases(spec);
  remove_rope(spec);
}

constexpr TensorTable kGgufTensors = {.query = kFusedQuery, .key = kFusedKey, .value = kFusedValue};

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  HEARTH_TRY(ArchSpec spec, GgufKeys(checkpoint.metadata, architecture).read_common());
  set_common(spec);
  return ModelPlan{std::move(spec), kGgufTensors};
}

}  // namespace

const Family kBloomFamily = {.name = "bloom", .gguf = {kGgufNames, read_gguf}};

}  // namespace hearth::model
