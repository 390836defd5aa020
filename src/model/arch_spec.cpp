#include "model/arch_spec.h"

#include <bit>
#include <cmath>

namespace hearth::model {

void set_windows(ArchSpec& spec, std::int32_t window, std::int32_t pattern) {
  for (std::size_t i = 0; i < spec.layers.size(); ++i) {
    const bool is_global = pattern > 0 && (i + 1) % static_cast<std::size_t>(pattern) == 0;
    spec.layers[i].window = is_global ? 0 : window;
  }
}

void require_biases(ArchSpec& spec) {
  spec.norm_bias = true;
  spec.qkv_bias = true;
  spec.attention_output_bias = true;
  spec.ffn_bias = true;
}

void remove_rope(ArchSpec& spec) {
  spec.ropes.clear();
  for (LayerSpec& layer : spec.layers) {
    layer.rope_class = kNoRope;
  }
}

std::vector<float> alibi_slopes(const ArchSpec& spec) {
  std::vector<float> slopes;
  if (spec.alibi_max_bias <= 0.0F) {
    return slopes;
  }
  const double max_bias = spec.alibi_max_bias;
  const auto n_whole = static_cast<std::int32_t>(std::bit_floor(static_cast<std::uint32_t>(spec.n_heads)));
  for (std::int32_t head = 0; head < spec.n_heads; ++head) {
    // Heads beyond the last power of two take the odd steps of twice as many heads.
    const double step = head < n_whole ? head + 1.0 : head - n_whole + 0.5;
    slopes.push_back(static_cast<float>(std::exp2(-max_bias * step / n_whole)) * spec.alibi_scale);
  }
  return slopes;
}

}  // namespace hearth::model
