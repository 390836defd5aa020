// Which RWKV a state dict is, told by its tensors: neither .pth nor rwkv.cpp files say it.
//
// Called by the readers of both, which set the metadata key rwkv.version.
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "formats/checkpoint.h"

namespace hearth::formats {

// Whether the tensors are those of an RWKV model at all: the first layer's receptance or key of the time mixing.
bool is_rwkv(std::span<const TensorView> tensors);

// "4", "5.1", "5.2", "6" or "7"; "5.1" is the kind with one decay per head and without gate, "5.2" the one with gate.
std::string_view rwkv_version(std::span<const TensorView> tensors);

}  // namespace hearth::formats
