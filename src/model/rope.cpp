#include "model/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace hearth::model {
namespace {

// The dimension whose wavelength makes `n_turns` turns over the original context (arXiv:2309.00071, equation 17).
double dimension_of_turns(const RopeSpec& spec, double n_turns) {
  const double wavelength = static_cast<double>(spec.original_context) / (n_turns * 2.0 * std::numbers::pi);
  return spec.n_rotated * std::log(wavelength) / (2.0 * std::log(spec.base));
}

// 1 where a dimension is stretched, 0 where it is kept.
double yarn_stretch(const RopeSpec& spec, std::size_t pair) {
  const double low = std::max(std::floor(dimension_of_turns(spec, spec.beta_fast)), 0.0);
  const double high = std::min(std::ceil(dimension_of_turns(spec, spec.beta_slow)), spec.n_rotated - 1.0);
  const double ramp = (static_cast<double>(pair) - low) / std::max(high - low, 0.001);
  return std::clamp(ramp, 0.0, 1.0);
}

// Long wavelengths are stretched, short ones kept, those between are blended (the released code of Llama 3.1).
double llama3_frequency(const RopeSpec& spec, double frequency) {
  const double turns = static_cast<double>(spec.original_context) * frequency / (2.0 * std::numbers::pi);
  if (turns < spec.low_freq_factor) {
    return frequency / spec.factor;
  }
  if (turns > spec.high_freq_factor) {
    return frequency;
  }
  const double kept = (turns - spec.low_freq_factor) / (spec.high_freq_factor - spec.low_freq_factor);
  return (1.0 - kept) * frequency / spec.factor + kept * frequency;
}

// The base of a sequence of `length` (as the transformers library computes it; first described by its users as "dynamic
// NTK-aware" scaling).
double base_at(const RopeSpec& spec, std::int64_t length) {
  if (spec.scaling != RopeScaling::kDynamic || length <= spec.original_context) {
    return spec.base;
  }
  const double stretch = static_cast<double>(length) / static_cast<double>(spec.original_context);
  const double n_rotated = spec.n_rotated;
  return spec.base * std::pow(spec.factor * stretch - (spec.factor - 1.0), n_rotated / (n_rotated - 2.0));
}

}  // namespace

RopeAngles rope_angles(const RopeSpec& spec, std::span<const float> divisors, std::int64_t length) {
  RopeAngles angles;
  angles.attention_factor = spec.attention_factor;
  angles.interleaved = spec.interleaved;
  angles.frequencies.resize(static_cast<std::size_t>(spec.n_rotated / 2));
  const double base = base_at(spec, length);
  for (std::size_t i = 0; i < angles.frequencies.size(); ++i) {
    double frequency = std::pow(base, -2.0 * static_cast<double>(i) / spec.n_rotated);
    if (!divisors.empty()) {
      frequency /= static_cast<double>(divisors[i]);
    }
    if (spec.scaling == RopeScaling::kLinear) {
      frequency /= spec.factor;
    } else if (spec.scaling == RopeScaling::kYarn) {
      const double stretch = yarn_stretch(spec, i);
      frequency = frequency / spec.factor * stretch + frequency * (1.0 - stretch);
    } else if (spec.scaling == RopeScaling::kLlama3) {
      frequency = llama3_frequency(spec, frequency);
    }
    angles.frequencies[i] = frequency;
  }
  return angles;
}

void rope_angle(const RopeAngles& angles, std::int64_t pair, std::int64_t position, float* cos, float* sin) {
  const double angle = static_cast<double>(position) * angles.frequencies[static_cast<std::size_t>(pair)];
  *cos = static_cast<float>(std::cos(angle) * angles.attention_factor);
  *sin = static_cast<float>(std::sin(angle) * angles.attention_factor);
}

Rope::Rope(RopeSpec spec, RopeDivisors divisors, std::int64_t context_size)
    : spec_(std::move(spec)),
      divisors_(std::move(divisors)),
      context_size_(context_size),
      // A sequence that cannot grow beyond the original context uses one set of frequencies.
      follows_length_(context_size > spec_.original_context &&
                      (spec_.scaling == RopeScaling::kDynamic ||
                       (spec_.scaling == RopeScaling::kLongrope && spec_.chosen_by_length))),
      angles_(angles_at(0)) {}

RopeAngles Rope::angles_at(std::int64_t length) const {
  const bool is_long = (spec_.chosen_by_length ? length : context_size_) > spec_.original_context;
  const std::vector<float>& chosen = is_long ? divisors_.long_set : divisors_.short_set;
  return rope_angles(spec_, chosen.empty() ? divisors_.always : chosen, length);
}

}  // namespace hearth::model
