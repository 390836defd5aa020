// The facts of a model in safetensors or PyTorch files, for describe().
//
// config.json has many spellings for the same number, one per architecture of its time; all that are in use are looked
// for. Packed weights (GPTQ, AWQ, EXL2, …) are counted as the parameters they stand for. RWKV state dictionaries have
// no config.json: their facts are the shapes of their tensors.
#pragma once

#include <cstdint>
#include <string>

#include "formats/checkpoint.h"
#include "formats/describe.h"

namespace hearth::formats {

// Sets what config.json says, and n_parameters.
void describe_hf(const Checkpoint& checkpoint, CheckpointSummary& summary);

// The same for Convention::kRwkv, from the tensors of .pth and rwkv.cpp files.
void describe_rwkv(const Checkpoint& checkpoint, CheckpointSummary& summary);

// "GPTQ 4-bit, groups of 32, act-order"; empty where the weights are plain numbers.
std::string describe_quantization(const Checkpoint& checkpoint);

}  // namespace hearth::formats
