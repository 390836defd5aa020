// Falcon: attention and feed-forward side by side on one norm, or, in the larger models, on a norm each; rope; few key
// and value heads; no biases but those of the norms.
#include <utility>

#include "model/families.h"
#include "model/families/gguf_keys.h"

namespace hearth::model {
namespace {

constexpr std::string_view kGgufNames[] = {"falcon"};

void set_common(ArchSpec& spec) {
  spec.norm = NormKind::kLayer;
  spec.norm_bias = true;
  spec.parallel_block = true;
  spec.gated = false;
  spec.activation = Activation::kGeluErf;
}

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  HEARTH_TRY(ArchSpec spec, GgufKeys(checkpoint.metadata, architecture).read_common());
  set_common(spec);
  TensorTable tensors{.query = kFusedQuery, .key = kFusedKey, .value = kFusedValue, .ffn_norm = {}};
  if (checkpoint.find("blk.0.attn_norm_2.weight") != nullptr) {
    tensors.attention_norm.name = "blk.{layer}.attn_norm_2";
    tensors.ffn_norm.name = "blk.{layer}.attn_norm";
  }
  return ModelPlan{std::move(spec), tensors};
}

}  // namespace

const Family kFalconFamily = {.name = "falcon", .gguf = {kGgufNames, read_gguf}};

}  // namespace hearth::model
