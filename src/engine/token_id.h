// The two numbers that everything in the engine speaks of.
#pragma once

#include <cstdint>

namespace hearth::engine {

using TokenId = std::int32_t;
using SequenceId = std::uint64_t;  // ascending in the order of submission

}  // namespace hearth::engine
