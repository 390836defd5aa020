// StarCoder2: as Llama, with layer norms, a feed-forward layer without a gate, biases everywhere, and one window.
#include <utility>

#include "model/families.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"

namespace hearth::model {
namespace {

constexpr std::string_view kHfNames[] = {"starcoder2"};

constexpr HfClass kHfClass = {.norm_eps = "norm_epsilon",
                              .default_kv_heads = 2,
                              .default_context = 4096,
                              .default_norm_eps = 1e-5,
                              .default_activation = "gelu_pytorch_tanh"};

constexpr TensorTable kHfTensors = [] {
  TensorTable table = hf_tensors();
  table.up = {"layers.{layer}.mlp.c_fc"};
  table.down = {"layers.{layer}.mlp.c_proj"};
  return table;
}();

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view /*model_type*/) {
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec, keys.read_common(kHfClass));
  spec.norm = NormKind::kLayer;
  spec.norm_bias = true;
  spec.gated = false;
  HEARTH_TRY(const bool has_biases, keys.flag("use_bias", true));
  if (has_biases) {
    require_biases(spec);
  }
  HEARTH_TRY(const std::int32_t window, keys.window());
  set_windows(spec, window, 0);
  TensorTable tensors = kHfTensors;
  HEARTH_TRY_VOID(tie_output(checkpoint, true, tensors));
  return ModelPlan{std::move(spec), tensors};
}

}  // namespace

const Family kStarcoder2Family = {.name = "starcoder2", .hf = {kHfNames, read_hf}};

}  // namespace hearth::model
