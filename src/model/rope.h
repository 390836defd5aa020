// Rope angles: the frequencies of a RopeSpec, and cos/sin of the rows of a step.
//
// Frequencies are computed once at load in double precision; a step turns positions into floats per rope class.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/arch_spec.h"

namespace hearth::model {

struct RopeAngles {
  std::vector<double> frequencies;  // [n_rotated / 2], radians per position
  double attention_factor = 1.0;

  std::int32_t n_rotated() const { return static_cast<std::int32_t>(2 * frequencies.size()); }
};

// `divisors` divide the frequencies one by one, [n_rotated / 2] or empty.
RopeAngles rope_angles(const RopeSpec& spec, std::span<const float> divisors);

// cos and sin of pair `pair` at a position, attention factor included.
void rope_angle(const RopeAngles& angles, std::int64_t pair, std::int64_t position, float* cos, float* sin);

}  // namespace hearth::model
