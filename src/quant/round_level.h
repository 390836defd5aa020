// round_level: the integer level of a value under a scale, for the encoders.
//
// A scale of 0 (a block of zeros, or one too small for a binary16 scale) gives level 0.
#pragma once

#include <algorithm>
#include <cmath>

namespace hearth::quant {

inline int round_level(float value, float scale, int lowest, int highest) {
  if (scale == 0.0F) {
    return 0;
  }
  const float level = std::nearbyint(value / scale);
  return static_cast<int>(std::clamp(level, static_cast<float>(lowest), static_cast<float>(highest)));
}

}  // namespace hearth::quant
