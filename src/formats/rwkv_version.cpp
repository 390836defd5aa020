#include "formats/rwkv_version.h"

#include <algorithm>

namespace hearth::formats {
namespace {

bool has(std::span<const TensorView> tensors, std::string_view name) {
  return std::ranges::find(tensors, name, &TensorView::name) != tensors.end();
}

}  // namespace

bool is_rwkv(std::span<const TensorView> tensors) {
  return has(tensors, "blocks.0.att.receptance.weight") && has(tensors, "emb.weight");
}

std::string_view rwkv_version(std::span<const TensorView> tensors) {
  if (has(tensors, "blocks.0.att.r_k")) {
    return "7";
  }
  if (has(tensors, "blocks.0.att.time_maa_x")) {
    return "6";
  }
  if (!has(tensors, "blocks.0.att.ln_x.weight")) {
    return "4";
  }
  return has(tensors, "blocks.0.att.gate.weight") ? "5.2" : "5.1";
}

}  // namespace hearth::formats
