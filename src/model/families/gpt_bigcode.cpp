// GPT-BigCode (SantaCoder, StarCoder): as GPT-2, with one key and value head for all query heads.
#include <utility>

#include "model/families.h"
#include "model/families/gguf_keys.h"

namespace hearth::model {
namespace {

constexpr std::string_view kGgufNames[] = {"starcoder"};

void set_common(ArchSpec& spec) {
  spec.norm = NormKind::kLayer;
  spec.learned_positions = true;
  spec.gated = false;
  spec.activation = Activation::kGeluTanh;
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

const Family kGptBigcodeFamily = {.name = "gpt_bigcode", .gguf = {kGgufNames, read_gguf}};

}  // namespace hearth::model
