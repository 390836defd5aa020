// Philox4x32-10: the random numbers of sampling, as a pure function of where they are used.
//
// A counter-based generator (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011) has no
// state to keep, restore or share: a token's draw depends on (seed, choice, position, draw) and on nothing that
// happened before, which preemption and batching rely on.
#pragma once

#include <array>
#include <cstdint>

namespace hearth::engine {

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

struct DrawKey {
  std::uint64_t seed = 0;
  std::uint32_t choice = 0;
  std::uint64_t position = 0;
  std::uint32_t draw = 0;  // for samplers that need several numbers at one position
};

// Uniform in [0, 1), 53 bits.
double uniform(const DrawKey& key);

}  // namespace hearth::engine
