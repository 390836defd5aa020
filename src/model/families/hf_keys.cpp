#include "model/families/hf_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace hearth::model {
namespace {

constexpr std::int32_t kMaxLayers = 4096;
constexpr std::int32_t kMaxDim = 1 << 20;
constexpr std::int32_t kMaxHeads = 4096;
constexpr std::int32_t kMaxHeadDim = 1024;
constexpr std::int32_t kMaxExperts = 4096;
constexpr std::int32_t kMaxContext = 1 << 28;

// The names of transformers' table of activation functions, for those that kernels have.
constexpr std::array kActivations = {
    std::pair{std::string_view("silu"), Activation::kSilu},
    std::pair{std::string_view("swish"), Activation::kSilu},
    std::pair{std::string_view("gelu"), Activation::kGeluErf},
    std::pair{std::string_view("gelu_python"), Activation::kGeluErf},
    std::pair{std::string_view("gelu_new"), Activation::kGeluTanh},
    std::pair{std::string_view("gelu_fast"), Activation::kGeluTanh},
    std::pair{std::string_view("gelu_pytorch_tanh"), Activation::kGeluTanh},
    std::pair{std::string_view("relu"), Activation::kRelu},
};

// The longest sequence that a rope scaling is for: the files give the context before stretching, except where a kind of
// scaling came with a key for that one (a yarn file may hold either).
std::int64_t stretched_context(const RopeSpec& rope, std::int64_t context) {
  const bool is_stretched = rope.scaling == RopeScaling::kLinear || rope.scaling == RopeScaling::kDynamic ||
                            rope.scaling == RopeScaling::kYarn;
  const double stretched = static_cast<double>(rope.original_context) * rope.factor;
  return is_stretched ? std::max(context, static_cast<std::int64_t>(std::min(stretched, double{kMaxContext})))
                      : context;
}

}  // namespace

Result<std::int32_t> HfKeys::require_count(std::string_view key, std::int32_t max) const {
  HEARTH_TRY(const std::int64_t value, metadata_.require_integer(key));
  if (value < 1 || value > max) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{}: expected 1 to {}, found {}", key, max, value));
  }
  return static_cast<std::int32_t>(value);
}

Result<std::int32_t> HfKeys::count(std::string_view key, std::int32_t fallback, std::int32_t max) const {
  return contains(key) ? require_count(key, max) : fallback;
}

Result<double> HfKeys::positive(std::string_view key, double fallback) const {
  if (!contains(key)) {
    return fallback;
  }
  const std::optional<double> value = metadata_.number(key);
  if (!value || !std::isfinite(*value) || *value <= 0.0) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{}: expected a positive number, found {}", key,
                                                     value ? fmt::to_string(*value) : "something else"));
  }
  return *value;
}

Result<bool> HfKeys::flag(std::string_view key, bool fallback) const {
  if (!contains(key)) {
    return fallback;
  }
  const std::optional<bool> value = metadata_.boolean(key);
  if (!value) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{}: expected true or false, found something else", key));
  }
  return *value;
}

Result<std::string_view> HfKeys::text(std::string_view key, std::string_view fallback) const {
  return contains(key) ? metadata_.require_text(key) : fallback;
}

Result<Activation> HfKeys::activation(std::string_view key, std::string_view fallback) const {
  HEARTH_TRY(const std::string_view name, text(key, fallback));
  const auto* found = std::ranges::find(kActivations, name, [](const auto& row) { return row.first; });
  if (found == kActivations.end()) {
    return fail(ErrorCode::kUnsupported, fmt::format("{}: the activation \"{}\" is not supported", key, name));
  }
  return found->second;
}

Status HfKeys::expect_flag(std::string_view key, bool expected) const {
  HEARTH_TRY(const bool value, flag(key, expected));
  if (value != expected) {
    return fail(ErrorCode::kUnsupported, fmt::format("{}: only {} is supported, found {}", key, expected, value));
  }
  return {};
}

Result<ArchSpec> HfKeys::read_common(const HfClass& names) const {
  ArchSpec spec;
  HEARTH_TRY_VOID(read_dimensions(names, spec));
  HEARTH_TRY(const double eps, positive(names.norm_eps, names.default_norm_eps));
  spec.norm_eps = static_cast<float>(eps);
  HEARTH_TRY(spec.activation, activation(names.activation, names.default_activation));
  spec.attention_scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(spec.head_dim)));
  HEARTH_TRY(RopeSpec rope, read_rope(spec, rope_section(), names));
  if (!names.stretched_context) {
    spec.trained_context = stretched_context(rope, spec.trained_context);
  }
  spec.ropes.push_back(std::move(rope));
  spec.layers.resize(static_cast<std::size_t>(spec.n_layers));
  return spec;
}

std::string_view HfKeys::either(std::string_view own, std::string_view common) const {
  return contains(own) || !contains(common) ? own : common;
}

Status HfKeys::read_dimensions(const HfClass& names, ArchSpec& spec) const {
  constexpr HfClass kCommon;
  HEARTH_TRY(spec.n_layers, require_count(either(names.n_layers, kCommon.n_layers), kMaxLayers));
  HEARTH_TRY(spec.hidden_dim, require_count(either(names.hidden_dim, kCommon.hidden_dim), kMaxDim));
  HEARTH_TRY_VOID(read_heads(names, spec));
  const std::string_view ffn_key = either(names.ffn_dim, kCommon.ffn_dim);
  if (contains(ffn_key) || names.default_ffn_dim == 0) {
    HEARTH_TRY(spec.ffn_dim, require_count(ffn_key, kMaxDim));
  } else {
    spec.ffn_dim = names.default_ffn_dim * spec.hidden_dim;
  }
  HEARTH_TRY(const std::int32_t context,
             count(either(names.context, kCommon.context), names.default_context, kMaxContext));
  spec.trained_context = context;
  return {};
}

Status HfKeys::read_heads(const HfClass& names, ArchSpec& spec) const {
  constexpr HfClass kCommon;
  const std::string_view heads_key = either(names.n_heads, kCommon.n_heads);
  if (contains(heads_key) || names.default_heads == 0) {
    HEARTH_TRY(spec.n_heads, require_count(heads_key, kMaxHeads));
  } else {
    spec.n_heads = names.default_heads;
  }
  const std::int32_t default_kv_heads = names.default_kv_heads > 0 ? names.default_kv_heads : spec.n_heads;
  HEARTH_TRY(spec.n_kv_heads, count(either(names.n_kv_heads, kCommon.n_kv_heads), default_kv_heads, kMaxHeads));
  const std::int32_t default_head_dim =
      names.default_head_dim > 0 ? names.default_head_dim : spec.hidden_dim / spec.n_heads;
  HEARTH_TRY(spec.head_dim, count("head_dim", default_head_dim, kMaxHeadDim));
  if (spec.head_dim < 1 || spec.head_dim > kMaxHeadDim || spec.n_heads % spec.n_kv_heads != 0) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{}: {} query heads of size {} do not go with {} key/value heads",
                                                     heads_key, spec.n_heads, spec.head_dim, spec.n_kv_heads));
  }
  return {};
}

Status HfKeys::read_experts(ArchSpec& spec, const HfExperts& names) const {
  HEARTH_TRY(spec.experts.n_experts, require_count(names.n_experts, kMaxExperts));
  HEARTH_TRY(spec.experts.n_used, require_count("num_experts_per_tok", spec.experts.n_experts));
  const std::int32_t dense_dim = spec.ffn_dim;
  HEARTH_TRY(spec.ffn_dim, require_count(names.ffn_dim, kMaxDim));
  HEARTH_TRY(const std::int32_t step, count("decoder_sparse_step", 1, kMaxLayers));
  const std::vector<std::int64_t>* listed = integers("mlp_only_layers");
  for (std::int32_t i = 0; i < spec.n_layers; ++i) {
    const bool is_listed = listed != nullptr && std::ranges::find(*listed, i) != listed->end();
    if (is_listed || (i + 1) % step != 0) {
      spec.layers[static_cast<std::size_t>(i)].dense_ffn_dim = dense_dim;
    }
  }
  return {};
}

Result<bool> HfKeys::read_layer_types(ArchSpec& spec, std::int32_t window) const {
  const std::vector<std::string>* types = metadata_.texts("layer_types");
  if (types == nullptr) {
    return false;
  }
  if (types->size() != spec.layers.size()) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("layer_types: expected {} entries, found {}", spec.layers.size(), types->size()));
  }
  for (std::size_t i = 0; i < types->size(); ++i) {
    const std::string& type = (*types)[i];
    if (type != "sliding_attention" && type != "full_attention") {
      return fail(ErrorCode::kUnsupported, fmt::format("layer_types: layers of type \"{}\" are not supported", type));
    }
    spec.layers[i].window = type == "sliding_attention" ? window : 0;
  }
  return true;
}

Status HfKeys::read_upper_windows(ArchSpec& spec) const {
  HEARTH_TRY(const bool is_used, flag("use_sliding_window", false));
  HEARTH_TRY(const std::int32_t width, window());
  HEARTH_TRY(const bool has_types, read_layer_types(spec, width));
  if (has_types || !is_used) {
    return {};
  }
  HEARTH_TRY(const std::int64_t first,
             contains("max_window_layers") ? metadata_.require_integer("max_window_layers") : Result<std::int64_t>(0));
  for (std::int64_t i = std::max<std::int64_t>(first, 0); i < spec.n_layers; ++i) {
    spec.layers[static_cast<std::size_t>(i)].window = width;
  }
  return {};
}

Result<std::int32_t> HfKeys::window() const {
  return count("sliding_window", 0, kMaxContext);
}

}  // namespace hearth::model
