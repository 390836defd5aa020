// GPT-NeoX (Pythia, Dolly, RedPajama-INCITE, StableLM alpha): layer norms, partial rope, feed-forward without a gate,
// and, mostly, attention and feed-forward side by side, each with a norm of its own.
#include <utility>

#include "model/families.h"
#include "model/families/gguf_keys.h"

namespace hearth::model {
namespace {

constexpr std::string_view kGgufNames[] = {"gptneox"};

void set_common(ArchSpec& spec) {
  spec.norm = NormKind::kLayer;
  spec.gated = false;
  spec.activation = Activation::kGeluErf;
  require_biases(spec);
}

constexpr TensorTable kGgufTensors = {.query = kFusedQuery, .key = kFusedKey, .value = kFusedValue};

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  const GgufKeys keys(checkpoint.metadata, architecture);
  HEARTH_TRY(ArchSpec spec, keys.read_common());
  set_common(spec);
  HEARTH_TRY(spec.parallel_block, keys.flag("use_parallel_residual", true));
  return ModelPlan{std::move(spec), kGgufTensors};
}

}  // namespace

const Family kGptNeoxFamily = {.name = "gpt_neox", .gguf = {kGgufNames, read_gguf}};

}  // namespace hearth::model
