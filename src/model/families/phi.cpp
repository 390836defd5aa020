// Phi-1, 1.5 and 2: attention and feed-forward side by side on one layer norm, partial rope, biases everywhere, the
// output head included.
#include <utility>

#include "model/families.h"
#include "model/families/gguf_keys.h"

namespace hearth::model {
namespace {

constexpr std::string_view kGgufNames[] = {"phi2"};

void set_common(ArchSpec& spec) {
  spec.norm = NormKind::kLayer;
  spec.parallel_block = true;
  spec.gated = false;
  spec.activation = Activation::kGeluTanh;
  spec.output_bias = true;
  require_biases(spec);
}

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  HEARTH_TRY(ArchSpec spec, GgufKeys(checkpoint.metadata, architecture).read_common());
  set_common(spec);
  TensorTable tensors{.ffn_norm = {}};
  // The first converters wrote query, key and value as one tensor.
  if (checkpoint.find("blk.0.attn_qkv.weight") != nullptr) {
    tensors.query = kFusedQuery;
    tensors.key = kFusedKey;
    tensors.value = kFusedValue;
  }
  return ModelPlan{std::move(spec), tensors};
}

}  // namespace

const Family kPhiFamily = {.name = "phi", .gguf = {kGgufNames, read_gguf}};

}  // namespace hearth::model
