// The files of torch.save before PyTorch 1.6: five pickles in a row, then the storages.
//
// Source: _legacy_save of torch/serialization.py: a magic number, the protocol 1001, facts about the machine, the
// object, and the keys of the storages; then for each key a 64-bit count of elements and the elements.
// Called by hf_checkpoint; torch_zip reads the form that came after it.
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "formats/torch_tensors.h"

namespace hearth::formats {

// Views point into `bytes` and need not be aligned. Messages do not name the file; the caller puts it in front.
// Errors: corrupt_file, unsupported (big-endian data, a pickle that asks for more than weights need).
Result<TorchTensors> read_torch_legacy(std::span<const std::byte> bytes);

}  // namespace hearth::formats
