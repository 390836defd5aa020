#include "model/families/gguf_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace hearth::model {
namespace {

constexpr std::int32_t kMaxLayers = 4096;
constexpr std::int32_t kMaxDim = 1 << 20;
constexpr std::int32_t kMaxHeads = 4096;
constexpr std::int32_t kMaxHeadDim = 1024;
constexpr std::int32_t kMaxExperts = 4096;
constexpr std::int32_t kMaxContext = 1 << 28;

}  // namespace

Result<std::int32_t> GgufKeys::require_count(std::string_view key, std::int32_t max) const {
  const std::string name = prefix_ + std::string(key);
  std::int64_t value = 0;
  if (const std::vector<std::int64_t>* per_layer = metadata_.integers(name)) {
    if (per_layer->empty() || std::ranges::adjacent_find(*per_layer, std::not_equal_to()) != per_layer->end()) {
      return fail(ErrorCode::kUnsupported, fmt::format("{} differs from layer to layer, which is not supported", name));
    }
    value = per_layer->front();
  } else {
    HEARTH_TRY(value, metadata_.require_integer(name));
  }
  if (value < 1 || value > max) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{}: expected 1 to {}, found {}", name, max, value));
  }
  return static_cast<std::int32_t>(value);
}

Result<std::int32_t> GgufKeys::count(std::string_view key, std::int32_t fallback, std::int32_t max) const {
  return contains(key) ? require_count(key, max) : fallback;
}

Result<double> GgufKeys::positive(std::string_view key, double fallback) const {
  const std::string name = prefix_ + std::string(key);
  if (!metadata_.contains(name)) {
    return fallback;
  }
  const double value = metadata_.number(name).value_or(std::numeric_limits<double>::quiet_NaN());
  if (!std::isfinite(value) || value <= 0.0) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{}: expected a positive number, found {}", name, value));
  }
  return value;
}

Result<bool> GgufKeys::flag(std::string_view key, bool fallback) const {
  const std::string name = prefix_ + std::string(key);
  if (!metadata_.contains(name)) {
    return fallback;
  }
  const std::optional<bool> value = metadata_.boolean(name);
  if (!value) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{}: expected true or false, found another type", name));
  }
  return *value;
}

Result<ArchSpec> GgufKeys::read_common() const {
  ArchSpec spec;
  HEARTH_TRY(spec.n_layers, require_count("block_count", kMaxLayers));
  HEARTH_TRY(spec.hidden_dim, require_count("embedding_length", kMaxDim));
  HEARTH_TRY(spec.n_heads, require_count("attention.head_count", kMaxHeads));
  HEARTH_TRY(spec.n_kv_heads, count("attention.head_count_kv", spec.n_heads, kMaxHeads));
  HEARTH_TRY(spec.head_dim, count("attention.key_length", spec.hidden_dim / spec.n_heads, kMaxHeadDim));
  HEARTH_TRY(const std::int32_t value_length, count("attention.value_length", spec.head_dim, kMaxHeadDim));
  if (value_length != spec.head_dim) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("key and value heads of different size ({} and {}) are not supported", spec.head_dim,
                            value_length));
  }
  if (spec.head_dim < 1 || spec.n_heads % spec.n_kv_heads != 0) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{} query heads of size {} do not go with {} key/value heads",
                                                     spec.n_heads, spec.head_dim, spec.n_kv_heads));
  }
  HEARTH_TRY(const std::int32_t context, require_count("context_length", kMaxContext));
  spec.trained_context = context;
  const std::string_view eps_key = contains("attention.layer_norm_rms_epsilon") ? "attention.layer_norm_rms_epsilon"
                                                                                : "attention.layer_norm_epsilon";
  HEARTH_TRY(const double eps, positive(eps_key, 1e-5));
  spec.norm_eps = static_cast<float>(eps);
  HEARTH_TRY(const double scale, positive("attention.scale", 1.0 / std::sqrt(static_cast<double>(spec.head_dim))));
  spec.attention_scale = static_cast<float>(scale);
  HEARTH_TRY(RopeSpec rope, read_rope(spec));
  spec.ropes = {rope};
  spec.layers.resize(static_cast<std::size_t>(spec.n_layers));
  HEARTH_TRY_VOID(read_experts(spec));
  return spec;
}

Result<RopeSpec> GgufKeys::read_rope(const ArchSpec& spec) const {
  RopeSpec rope;
  HEARTH_TRY(rope.base, positive("rope.freq_base", 10000.0));
  HEARTH_TRY(rope.n_rotated, count("rope.dimension_count", spec.head_dim, spec.head_dim));
  if (rope.n_rotated % 2 != 0) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("{}rope.dimension_count: expected an even number, found {}", prefix_, rope.n_rotated));
  }
  HEARTH_TRY(rope.attention_factor, positive("rope.scaling.attn_factor", 1.0));
  HEARTH_TRY(const std::int32_t original, count("rope.scaling.original_context_length",
                                                static_cast<std::int32_t>(spec.trained_context), kMaxContext));
  rope.original_context = original;
  // scale_linear is how files before rope.scaling.* said "linear".
  HEARTH_TRY(const double linear, positive("rope.scale_linear", 1.0));
  HEARTH_TRY(rope.factor, positive("rope.scaling.factor", linear));
  const std::string_view kind = text("rope.scaling.type").value_or(rope.factor != 1.0 ? "linear" : "none");
  if (kind == "yarn") {
    rope.scaling = RopeScaling::kYarn;
    rope.attention_factor *= 0.1 * std::log(rope.factor) + 1.0;
    HEARTH_TRY(rope.beta_fast, positive("rope.scaling.yarn_beta_fast", 32.0));
    HEARTH_TRY(rope.beta_slow, positive("rope.scaling.yarn_beta_slow", 1.0));
  } else if (kind == "linear") {
    rope.scaling = RopeScaling::kLinear;
  } else if (kind == "longrope") {
    rope.scaling = RopeScaling::kLongrope;
  } else if (kind != "none") {
    return fail(ErrorCode::kUnsupported, fmt::format("{}rope.scaling.type \"{}\" is not supported", prefix_, kind));
  }
  return rope;
}

Status GgufKeys::read_experts(ArchSpec& spec) const {
  HEARTH_TRY(spec.experts.n_experts, count("expert_count", 0, kMaxExperts));
  if (spec.experts.n_experts > 0) {
    HEARTH_TRY(spec.experts.n_used, require_count("expert_used_count", spec.experts.n_experts));
    HEARTH_TRY(spec.experts.renormalise, flag("expert_weights_norm", true));
  }
  const std::string_view dim_key =
      contains("expert_feed_forward_length") ? "expert_feed_forward_length" : "feed_forward_length";
  HEARTH_TRY(spec.ffn_dim, require_count(dim_key, kMaxDim));
  return {};
}

}  // namespace hearth::model
