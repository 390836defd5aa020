// The rope part of HfKeys: base, rotating dimensions and every kind of scaling that transformers knows.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "model/families/hf_keys.h"

namespace hearth::model {
namespace {

constexpr std::int32_t kMaxContext = 1 << 28;

// By how much yarn lengthens cos and sin for a stretch by `factor` (arXiv:2309.00071, section 3.4).
double yarn_magnitude(double factor, double weight) {
  return factor <= 1.0 ? 1.0 : 0.1 * weight * std::log(factor) + 1.0;
}

}  // namespace

std::string HfKeys::rope_section(std::string_view layer_type) const {
  const std::string whole = "rope_parameters";
  const std::string part = fmt::format("{}.{}", whole, layer_type);
  for (const std::string& section : {part, whole}) {
    if (contains(section + ".rope_type") || contains(section + ".rope_theta")) {
      return section;
    }
  }
  return "rope_scaling";
}

Result<RopeSpec> HfKeys::read_rope(const ArchSpec& spec, const std::string& section, const HfClass& names) const {
  RopeSpec rope;
  rope.base = names.default_rope_base;
  for (const std::string& key : {std::string("rotary_emb_base"), std::string("rope_theta"), section + ".rope_theta"}) {
    HEARTH_TRY(rope.base, positive(key, rope.base));
  }
  HEARTH_TRY(rope.n_rotated, n_rotated(spec, section, names));
  HEARTH_TRY_VOID(read_scaling(spec, section, rope));
  return rope;
}

Result<std::int32_t> HfKeys::n_rotated(const ArchSpec& spec, const std::string& section, const HfClass& names) const {
  std::string found = "partial_rotary_factor";
  double factor = names.default_rotary_factor;
  for (const std::string& key : {std::string("rope_pct"), std::string("rotary_pct"),
                                 std::string("partial_rotary_factor"), section + ".partial_rotary_factor"}) {
    HEARTH_TRY(factor, positive(key, factor));
    found = contains(key) ? key : found;
  }
  const double n_rotated = std::floor(spec.head_dim * factor);
  if (factor > 1.0 || n_rotated < 2.0 || std::fmod(n_rotated, 2.0) != 0.0) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("{}: expected a part that gives an even number of the {} dimensions "
                            "of a head, found {}",
                            found, spec.head_dim, factor));
  }
  return static_cast<std::int32_t>(n_rotated);
}

Status HfKeys::read_scaling(const ArchSpec& spec, const std::string& section, RopeSpec& rope) const {
  HEARTH_TRY(const std::string_view old_kind, text(section + ".type", "default"));
  HEARTH_TRY(std::string_view kind, text(section + ".rope_type", old_kind));
  // The first files with sets of divisors called this "su" or "yarn".
  if (contains(section + ".long_factor")) {
    kind = "longrope";
  }
  HEARTH_TRY(const std::int32_t context,
             count("original_max_position_embeddings", static_cast<std::int32_t>(spec.trained_context), kMaxContext));
  HEARTH_TRY(const std::int32_t original, count(section + ".original_max_position_embeddings", context, kMaxContext));
  rope.original_context = original;
  // "mrope" turns text as the plain kind does: all three of its positions are the same there.
  if (kind == "default" || kind == "none" || kind == "mrope") {
    return {};
  }
  if (kind == "longrope") {
    return read_longrope(spec, section, rope);
  }
  // Where a file gives a factor beside two contexts, the factor is what its authors trained with: some leave the
  // context at its first value.
  const double stretch = static_cast<double>(spec.trained_context) / static_cast<double>(original);
  HEARTH_TRY(rope.factor, positive(section + ".factor", stretch));
  if (kind == "linear") {
    rope.scaling = RopeScaling::kLinear;
    return {};
  }
  if (kind == "dynamic" && !contains(section + ".alpha")) {
    rope.scaling = RopeScaling::kDynamic;
    return {};
  }
  if (kind == "yarn") {
    return read_yarn(section, rope);
  }
  if (kind == "llama3") {
    return read_llama3(section, rope);
  }
  return fail(ErrorCode::kUnsupported, fmt::format("{}: the rope scaling \"{}\" is not supported", section, kind));
}

Status HfKeys::read_yarn(const std::string& section, RopeSpec& rope) const {
  rope.scaling = RopeScaling::kYarn;
  HEARTH_TRY_VOID(expect_flag(section + ".truncate", true));
  HEARTH_TRY(rope.beta_fast, positive(section + ".beta_fast", 32.0));
  HEARTH_TRY(rope.beta_slow, positive(section + ".beta_slow", 1.0));
  double magnitude = yarn_magnitude(rope.factor, 1.0);
  if (contains(section + ".mscale") && contains(section + ".mscale_all_dim")) {
    HEARTH_TRY(const double weight, positive(section + ".mscale", 1.0));
    HEARTH_TRY(const double weight_all, positive(section + ".mscale_all_dim", 1.0));
    magnitude = yarn_magnitude(rope.factor, weight) / yarn_magnitude(rope.factor, weight_all);
  }
  HEARTH_TRY(rope.attention_factor, positive(section + ".attention_factor", magnitude));
  return {};
}

Status HfKeys::read_longrope(const ArchSpec& spec, const std::string& section, RopeSpec& rope) const {
  rope.scaling = RopeScaling::kLongrope;
  rope.chosen_by_length = true;
  HEARTH_TRY(rope.short_divisors, divisors(section + ".short_factor", rope.n_rotated));
  HEARTH_TRY(rope.long_divisors, divisors(section + ".long_factor", rope.n_rotated));
  // The ratio of the contexts wins over the factor, which is for files that give one context only.
  double factor = static_cast<double>(spec.trained_context) / static_cast<double>(rope.original_context);
  if (spec.trained_context == rope.original_context) {
    HEARTH_TRY(factor, positive(section + ".factor", 1.0));
  }
  double magnitude = 1.0;
  if (factor > 1.0 && rope.original_context > 1) {
    magnitude = std::sqrt(1.0 + std::log(factor) / std::log(static_cast<double>(rope.original_context)));
  }
  HEARTH_TRY(rope.attention_factor, positive(section + ".attention_factor", magnitude));
  return {};
}

Status HfKeys::read_llama3(const std::string& section, RopeSpec& rope) const {
  rope.scaling = RopeScaling::kLlama3;
  HEARTH_TRY(rope.low_freq_factor, positive(section + ".low_freq_factor", 1.0));
  HEARTH_TRY(rope.high_freq_factor, positive(section + ".high_freq_factor", 4.0));
  if (rope.high_freq_factor <= rope.low_freq_factor) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("{}.high_freq_factor: expected more than low_freq_factor ({}), found {}", section,
                            rope.low_freq_factor, rope.high_freq_factor));
  }
  return {};
}

Result<std::vector<float>> HfKeys::divisors(const std::string& key, std::int32_t n_rotated) const {
  std::vector<float> values;
  if (const std::vector<float>* floats = metadata_.floats(key)) {
    values = *floats;
  } else if (const std::vector<std::int64_t>* integers = metadata_.integers(key)) {
    values.assign(integers->begin(), integers->end());
  }
  if (values.size() != static_cast<std::size_t>(n_rotated / 2)) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("{}: expected {} numbers, found {}", key, n_rotated / 2, values.size()));
  }
  for (const float value : values) {
    if (!std::isfinite(value) || value <= 0.0F) {
      return fail(ErrorCode::kCorruptFile, fmt::format("{}: expected positive divisors, found {}", key, value));
    }
  }
  return values;
}

}  // namespace hearth::model
