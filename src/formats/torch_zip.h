// The files of torch.save since PyTorch 1.6: a ZIP archive of data.pkl and one stored member per storage.
//
// Source: the archive layout of caffe2/serialize. All members lie in one folder of any name: data.pkl, data/<key>,
// byteorder, version. Called by hf_checkpoint; torch_legacy reads the form before it.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/result.h"
#include "formats/torch_tensors.h"

namespace hearth::formats {

// Views point into `bytes`; `where` names the file in messages.
// Errors: corrupt_file, unsupported (packed or encrypted members, big-endian data, a pickle that asks for more).
Result<TorchTensors> read_torch_zip(std::span<const std::byte> bytes, const std::string& where);

}  // namespace hearth::formats
