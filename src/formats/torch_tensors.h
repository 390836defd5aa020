// The tensors of a PyTorch state dictionary, from its pickle and the bytes of its storages.
//
// A contiguous tensor is a view of its storage; any other (a transposed one, say) is written anew. Tensors may share a
// storage. Called by torch_zip and torch_legacy, which know where the storages are.
#pragma once

#include <deque>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "formats/pickle.h"

namespace hearth::formats {

struct TorchTensors {
  std::vector<TensorView> tensors;           // in the order of the dictionary
  std::deque<std::vector<std::byte>> owned;  // the bytes of those whose file_index is -1
};

// The bytes of a storage, at least n_elements of its type; an error names the storage.
using FindStorage = std::function<Result<std::span<const std::byte>>(const PickledStorage&)>;

// The state dictionary is the pickle's own dictionary, or the one in it under "state_dict", "model", … . Entries that
// are no tensors are left out. At most `max_owned_bytes` are written anew.
// Errors: corrupt_file naming the tensor; corrupt_file if there is no tensor.
Result<TorchTensors> collect_tensors(const PickleDocument& pickle, const FindStorage& find_storage,
                                     std::size_t max_owned_bytes);

}  // namespace hearth::formats
