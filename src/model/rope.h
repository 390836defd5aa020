// Rope: the frequencies by which a class of layers turns queries and keys, and cos/sin of positions.
//
// Frequencies are computed in double precision, once at load, or, where they depend on the length of the sequence, for
// the lengths of a step (length_ropes.h). A step turns positions into floats per class.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/arch_spec.h"

namespace hearth::model {

struct RopeAngles {
  std::vector<double> frequencies;  // [n_rotated / 2], radians per position
  double attention_factor = 1.0;
  bool interleaved = false;

  std::int32_t n_rotated() const { return static_cast<std::int32_t>(2 * frequencies.size()); }
};

// `divisors` divide the frequencies one by one, [n_rotated / 2] or empty. `length`: of the sequence, for
// RopeScaling::kDynamic.
RopeAngles rope_angles(const RopeSpec& spec, std::span<const float> divisors, std::int64_t length = 0);

// cos and sin of pair `pair` at a position, attention factor included.
void rope_angle(const RopeAngles& angles, std::int64_t pair, std::int64_t position, float* cos, float* sin);

// Divisors of frequencies, [n_rotated / 2] or empty.
struct RopeDivisors {
  std::vector<float> always;
  std::vector<float> long_set;  // longrope
  std::vector<float> short_set;
};

class Rope {
 public:
  // `context_size`: of the loaded model, which decides where the length of a sequence does not.
  Rope(RopeSpec spec, RopeDivisors divisors, std::int64_t context_size);

  // Whether a sequence's length changes the frequencies. Its keys are then stored un-rotated.
  bool follows_length() const { return follows_length_; }
  // Of a sequence of that length; any length where it does not matter.
  RopeAngles angles_at(std::int64_t length) const;
  // Of a rope that does not follow the length.
  const RopeAngles& angles() const { return angles_; }
  const RopeSpec& spec() const { return spec_; }

 private:
  RopeSpec spec_;
  RopeDivisors divisors_;
  std::int64_t context_size_;
  bool follows_length_;
  RopeAngles angles_;
};

}  // namespace hearth::model
