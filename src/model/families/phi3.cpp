// Phi-3 and Phi-4-mini: as Llama, with query, key and value in one tensor, gate and up in another, and longrope where
// the file has two sets of rope divisors.
#include <utility>

#include "model/families.h"
#include "model/families/gguf_keys.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"

namespace hearth::model {
namespace {

constexpr std::string_view kArchitectures[] = {"phi3"};
constexpr std::string_view kHfNames[] = {"phi3"};

constexpr TensorTable kTensors = {
    .query = kFusedQuery,
    .key = kFusedKey,
    .value = kFusedValue,
    .gate = {.name = "blk.{layer}.ffn_up", .part = RowPart::kGate},
    .up = {.name = "blk.{layer}.ffn_up", .part = RowPart::kUp},
};

constexpr TensorTable kHfTensors = [] {
  TensorTable table = hf_tensors();
  table.query = {.name = "layers.{layer}.self_attn.qkv_proj", .part = RowPart::kQuery};
  table.key = {.name = "layers.{layer}.self_attn.qkv_proj", .part = RowPart::kKey};
  table.value = {.name = "layers.{layer}.self_attn.qkv_proj", .part = RowPart::kValue};
  table.gate = {.name = "layers.{layer}.mlp.gate_up_proj", .part = RowPart::kGate};
  table.up = {.name = "layers.{layer}.mlp.gate_up_proj", .part = RowPart::kUp};
  return table;
}();

Result<ModelPlan> read_gguf(const formats::Checkpoint& checkpoint, std::string_view architecture) {
  const GgufKeys keys(checkpoint.metadata, architecture);
  HEARTH_TRY(ArchSpec spec, keys.read_common());
  // Converters write the divisors and the attention factor, but not always the scaling's name.
  if (spec.ropes[0].original_context < spec.trained_context) {
    spec.ropes[0].scaling = RopeScaling::kLongrope;
  }
  HEARTH_TRY(const std::int32_t window, keys.count("attention.sliding_window", 0, 1 << 28));
  set_windows(spec, window, 0);
  return ModelPlan{std::move(spec), kTensors};
}

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view /*model_type*/) {
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec, keys.read_common({.default_context = 4096, .default_norm_eps = 1e-5}));
  HEARTH_TRY(const std::int32_t window, keys.window());
  set_windows(spec, window, 0);
  TensorTable tensors = kHfTensors;
  HEARTH_TRY_VOID(tie_output(checkpoint, false, tensors));
  return ModelPlan{std::move(spec), tensors};
}

}  // namespace

const Family kPhi3Family = {.name = "phi3", .gguf = {kArchitectures, read_gguf}, .hf = {kHfNames, read_hf}};

}  // namespace hearth::model
