#include "model/quantized_tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "model/float8_source.h"
#include "model/grouped_source.h"

namespace hearth::model {

Result<QuantizedTensors> QuantizedTensors::open(const formats::Checkpoint& checkpoint) {
  if (checkpoint.convention != formats::Convention::kHf) {
    return QuantizedTensors(checkpoint, {});
  }
  HEARTH_TRY(const formats::QuantScheme scheme, formats::read_quant_scheme(checkpoint));
  return QuantizedTensors(checkpoint, scheme);
}

Result<std::unique_ptr<QuantizedSource>> QuantizedTensors::find(const LinearShape& shape) const {
  if (checkpoint_->convention != formats::Convention::kHf) {
    return nullptr;
  }
  const auto tensor = [&](std::string_view suffix) {
    return checkpoint_->find(fmt::format("{}.{}", shape.name, suffix));
  };
  const LinearTensors tensors(*checkpoint_, shape);
  if (tensor("qweight") != nullptr) {
    return scheme_.method == formats::QuantMethod::kAwq ? open_awq(tensors, scheme_) : open_gptq(tensors, scheme_);
  }
  if (tensor("q_weight") != nullptr) {
    return open_exl2(tensors);
  }
  if (tensor("weight_packed") != nullptr) {
    return open_compressed(tensors, scheme_);
  }
  const formats::TensorView* weight = tensor("weight");
  if (weight != nullptr && (weight->type == quant::BlockType::kF8E4M3 || weight->type == quant::BlockType::kF8E5M2)) {
    return open_float8(tensors, scheme_);
  }
  return nullptr;
}

bool is_quantizer_extra(std::string_view name) {
  static constexpr std::array<std::string_view, 8> kSuffixes = {
      ".input_scale",       ".input_zero_point", ".input_scale_ub", ".output_scale",
      ".output_zero_point", ".k_scale",          ".v_scale",        ".kv_scale"};
  return std::ranges::any_of(kSuffixes, [name](std::string_view suffix) { return name.ends_with(suffix); });
}

}  // namespace hearth::model
