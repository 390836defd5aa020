// quantizer: encoders for the types that tests and benchmarks need to write.
//
// Simple on purpose: each block is encoded from its range, without the search for better scales that quantisation
// tools do. Weights that matter come from files.
#pragma once

#include <cstddef>
#include <cstdint>

#include "quant/block_type.h"

namespace hearth::quant {

// Encodes n finite weights (a multiple of block_size) into consecutive blocks.
using QuantizeRow = void (*)(const float* values, std::byte* blocks, std::int64_t n);

// The encoder of a type, or nullptr if there is none.
QuantizeRow quantizer(BlockType type);

}  // namespace hearth::quant
