#include "model/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

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

}  // namespace

RopeAngles rope_angles(const RopeSpec& spec, std::span<const float> divisors) {
  RopeAngles angles;
  angles.attention_factor = spec.attention_factor;
  angles.frequencies.resize(static_cast<std::size_t>(spec.n_rotated / 2));
  for (std::size_t i = 0; i < angles.frequencies.size(); ++i) {
    double frequency = std::pow(spec.base, -2.0 * static_cast<double>(i) / spec.n_rotated);
    if (!divisors.empty()) {
      frequency /= static_cast<double>(divisors[i]);
    }
    if (spec.scaling == RopeScaling::kLinear) {
      frequency /= spec.factor;
    } else if (spec.scaling == RopeScaling::kYarn) {
      const double stretch = yarn_stretch(spec, i);
      frequency = frequency / spec.factor * stretch + frequency * (1.0 - stretch);
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

}  // namespace hearth::model
