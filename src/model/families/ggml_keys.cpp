#include "model/families/ggml_keys.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <string>

namespace hearth::model {
namespace {

constexpr std::int32_t kMaxLayers = 4096;
constexpr std::int32_t kMaxHeads = 4096;
constexpr std::int32_t kMaxHeadDim = 1024;

std::string key_of(std::string_view field) {
  return fmt::format("ggml.{}", field);
}

}  // namespace

Result<std::int32_t> GgmlKeys::require_count(std::string_view field, std::int32_t max) const {
  HEARTH_TRY(const std::int64_t value, checkpoint_.metadata.require_integer(key_of(field)));
  if (value < 1 || value > max) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{}: expected 1 to {}, found {}", field, max, value));
  }
  return static_cast<std::int32_t>(value);
}

Result<std::int32_t> GgmlKeys::count(std::string_view field, std::int32_t fallback, std::int32_t max) const {
  return checkpoint_.metadata.contains(key_of(field)) ? require_count(field, max) : fallback;
}

Result<double> GgmlKeys::number(std::string_view field, double fallback) const {
  const std::string key = key_of(field);
  if (!checkpoint_.metadata.contains(key)) {
    return fallback;
  }
  const double value = checkpoint_.metadata.number(key).value_or(std::numeric_limits<double>::quiet_NaN());
  if (!std::isfinite(value) || value < 0.0) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{}: expected zero or more, found {}", field, value));
  }
  return value;
}

Result<std::int32_t> GgmlKeys::rows_of(std::string_view tensor, std::int32_t max) const {
  const formats::TensorView* found = checkpoint_.find(tensor);
  if (found == nullptr) {
    return fail(ErrorCode::kCorruptFile, fmt::format("tensor {} is missing", tensor));
  }
  if (found->shape.size() != 2 || found->n_rows() < 1 || found->n_rows() > max) {
    return fail(ErrorCode::kCorruptFile, fmt::format("tensor {}: expected a matrix of 1 to {} rows, found {} in {} "
                                                     "dimension(s)",
                                                     tensor, max, found->n_rows(), found->shape.size()));
  }
  return static_cast<std::int32_t>(found->n_rows());
}

Result<ArchSpec> GgmlKeys::read_common(const GgmlFields& fields) const {
  ArchSpec spec;
  HEARTH_TRY(spec.n_layers, require_count(fields.n_layer, kMaxLayers));
  HEARTH_TRY(spec.hidden_dim, require_count(fields.n_embd, kMaxGgmlDim));
  HEARTH_TRY(spec.n_heads, require_count(fields.n_head, kMaxHeads));
  if (spec.hidden_dim % spec.n_heads != 0 || spec.hidden_dim / spec.n_heads > kMaxHeadDim) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("{}: expected a divisor of {} ({}) with heads of at most {}, found {}", fields.n_head,
                            fields.n_embd, spec.hidden_dim, kMaxHeadDim, spec.n_heads));
  }
  spec.n_kv_heads = spec.n_heads;
  spec.head_dim = spec.hidden_dim / spec.n_heads;
  spec.attention_scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(spec.head_dim)));
  RopeSpec rope;
  HEARTH_TRY(rope.n_rotated, count("n_rot", spec.head_dim, spec.head_dim));
  if (rope.n_rotated % 2 != 0) {
    return fail(ErrorCode::kCorruptFile, fmt::format("n_rot: expected an even number, found {}", rope.n_rotated));
  }
  spec.ropes = {rope};
  spec.layers.resize(static_cast<std::size_t>(spec.n_layers));
  return spec;
}

}  // namespace hearth::model
