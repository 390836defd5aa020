// Command-R and Command-R7B: attention and feed-forward side by side on one layer norm without bias, rope over pairs of
// neighbours, scaled logits. The newer models have a window on three layers of four and no rope on the fourth.
#include <utility>

#include "model/families.h"
#include "model/families/hf_keys.h"
#include "model/families/hf_tensors.h"

namespace hearth::model {
namespace {

constexpr std::string_view kHfNames[] = {"cohere", "cohere2"};

constexpr HfClass kHfClass = {.norm_eps = "layer_norm_eps", .default_context = 8192, .default_norm_eps = 1e-5};

Status read_windows(const HfKeys& keys, ArchSpec& spec) {
  HEARTH_TRY(const std::int32_t window, keys.window());
  HEARTH_TRY(const bool has_types, keys.read_layer_types(spec, window));
  if (!has_types) {
    HEARTH_TRY(const std::int32_t pattern, keys.count("sliding_window_pattern", 4, 1 << 12));
    set_windows(spec, window, pattern);
  }
  for (LayerSpec& layer : spec.layers) {
    layer.rope_class = layer.window > 0 ? 0 : kNoRope;
  }
  return {};
}

Result<ModelPlan> read_hf(const formats::Checkpoint& checkpoint, std::string_view model_type) {
  const HfKeys keys(checkpoint.metadata);
  HEARTH_TRY(ArchSpec spec, keys.read_common(kHfClass));
  spec.norm = NormKind::kLayer;
  spec.parallel_block = true;
  spec.ropes[0].interleaved = true;
  HEARTH_TRY(const double logit_scale, keys.positive("logit_scale", 0.0625));
  spec.logit_scale = static_cast<float>(logit_scale);
  HEARTH_TRY(spec.qkv_bias, keys.flag("attention_bias", false));
  spec.attention_output_bias = spec.qkv_bias;
  HEARTH_TRY_VOID(keys.expect_flag("use_qk_norm", false));
  if (model_type == "cohere2") {
    HEARTH_TRY_VOID(read_windows(keys, spec));
  }
  TensorTable tensors = hf_tensors();
  tensors.ffn_norm = {};
  HEARTH_TRY_VOID(tie_output(checkpoint, true, tensors));
  return ModelPlan{std::move(spec), tensors};
}

}  // namespace

const Family kCohereFamily = {.name = "cohere", .hf = {kHfNames, read_hf}};

}  // namespace hearth::model
