// MPT: alibi in place of positions, layer norms without bias, feed-forward without a gate, no biases; queries, keys and
// values clamped where the file says so.
#include <utility>

#include "model/families.h"
#include "model/families/gguf_keys.h"

namespace hearth::model {
namespace {

constexpr std::string_view kGgufNames[] = {"mpt"};

void set_common(ArchSpec& spec) {
  spec.norm = NormKind::kLayer;
  spec.gated = false;
  spec.activation = Activation::kGeluErf;
  remove_rope(spec);
}

constexpr TensorTable kGgufTensors = {.query = kFusedQuery, .key = kFusedKey, .value = kFusedValue};

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  const GgufKeys keys(checkpoint.metadata, architecture);
  HEARTH_TRY(ArchSpec spec, keys.read_common());
  set_common(spec);
  HEARTH_TRY(const double max_bias, keys.positive("attention.max_alibi_bias", 8.0));
  spec.alibi_max_bias = static_cast<float>(max_bias);
  if (keys.contains("attention.clamp_kqv")) {
    HEARTH_TRY(const double clamp, keys.positive("attention.clamp_kqv", 1.0));
    spec.qkv_clamp = static_cast<float>(clamp);
  }
  return ModelPlan{std::move(spec), kGgufTensors};
}

}  // namespace

const Family kMptFamily = {.name = "mpt", .gguf = {kGgufNames, read_gguf}};

}  // namespace hearth::model
