// StableLM 3B and StableLM 2: as Llama with layer norms and partial rope; biases on query, key and value in some.
#include <utility>

#include "model/families.h"
#include "model/families/gguf_keys.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"

namespace hearth::model {
namespace {

constexpr std::string_view kGgufNames[] = {"stablelm"};
constexpr std::string_view kHfNames[] = {"stablelm", "stablelm_epoch"};

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

constexpr HfClass kHfClass = {
    .norm_eps = "layer_norm_eps", .default_context = 4096, .default_norm_eps = 1e-5, .default_rotary_factor = 0.25};
constexpr HfClass kHfEpochClass = {
    .norm_eps = "norm_eps", .default_context = 4096, .default_norm_eps = 1e-5, .default_rotary_factor = 0.25};

// "stablelm_epoch" is what the code beside the first models called them.
Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view model_type) {
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec, keys.read_common(model_type == "stablelm" ? kHfClass : kHfEpochClass));
  set_common(spec);
  HEARTH_TRY(spec.qkv_bias, keys.flag("use_qkv_bias", false));
  HEARTH_TRY_VOID(keys.expect_flag("qk_layernorm", false));
  HEARTH_TRY(spec.parallel_block, keys.flag("use_parallel_residual", false));
  TensorTable tensors = hf_tensors();
  if (spec.parallel_block) {
    tensors.ffn_norm = {};
  }
  HEARTH_TRY_VOID(tie_output(checkpoint, false, tensors));
  return ModelPlan{std::move(spec), tensors};
}

}  // namespace

const Family kStablelmFamily = {.name = "stablelm", .gguf = {kGgufNames, read_gguf}, .hf = {kHfNames, read_hf}};

}  // namespace hearth::model
