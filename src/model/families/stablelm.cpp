// StableLM 3B and StableLM 2: as Llama with layer norms and partial rope; biases on query, key and value in some.
#include <utility>

#include "model/families.h"
#include "model/families/gguf_keys.h"

namespace hearth::model {
namespace {

constexpr std::string_view kGgufNames[] = {"stablelm"};

void set_common(ArchSpec& spec) {
  spec.norm = NormKind::kLayer;
  spec.norm_bias = true;
}

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  const GgufKeys keys(checkpoint.metadata, architecture);
  HEARTH_TRY(ArchSpec spec, keys.read_common());
  set_common(spec);
  // The larger models have one norm, and attention and feed-forward side by side on it.
  TensorTable tensors;
  if (checkpoint.find("blk.0.ffn_norm.weight") == nullptr) {
    spec.parallel_block = true;
    tensors.ffn_norm = {};
  }
  return ModelPlan{std::move(spec), tensors};
}

}  // namespace

const Family kStablelmFamily = {.name = "stablelm", .gguf = {kGgufNames, read_gguf}};

}  // namespace hearth::model
