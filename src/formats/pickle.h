// Pickles of PyTorch, read by a closed machine: nothing is looked up, imported or called.
//
// Source: the opcodes of Python's pickletools, of which this machine knows those that torch.save writes. A global is a
// tag from the fixed list of pickle_globals; REDUCE makes an ordered dictionary, a size or the description of a tensor,
// and nothing else. Sizes, offsets and keys are as the pickle says: torch_tensors checks them against the storages.
// Called by torch_zip and torch_legacy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "quant/block_type.h"

namespace hearth::formats {

enum class PickleKind : std::uint8_t {
  kNone,
  kBoolean,
  kInteger,
  kBigInteger,  // more than 64 bits; text() is its little-endian bytes
  kNumber,
  kText,
  kTuple,
  kList,
  kDict,
  kGlobal,
  kStorage,
  kTensor,
};

using PickleId = std::uint32_t;  // of a value in its PickleDocument; values may be shared, and a list may hold itself

// A storage by reference: a member of the archive or an entry of the storage list.
struct PickledStorage {
  quant::BlockType type{};
  std::string_view key;
  std::int64_t n_elements = 0;  // not negative
};

// What _rebuild_tensor_v2 was given; all counts in elements, of either sign.
struct PickledTensor {
  PickledStorage storage;
  std::int64_t offset = 0;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;  // as many as extents
};

// All values of one pickle. Texts point into the bytes that were read.
class PickleDocument {
 public:
  PickleId root() const { return root_; }
  std::size_t n_bytes() const { return n_bytes_; }  // up to and with STOP

  PickleKind kind(PickleId id) const { return values_[id].kind; }
  std::int64_t integer(PickleId id) const { return values_[id].number; }  // of kBoolean, kInteger
  std::string_view text(PickleId id) const { return values_[id].text; }   // of kText and kBigInteger, else empty
  // The items of a tuple or list; keys and values in turn of a dictionary.
  const std::vector<PickleId>& items(PickleId id) const { return containers_[values_[id].index]; }
  const PickledTensor& tensor(PickleId id) const { return tensors_[values_[id].index]; }
  // Every storage that the pickle names, as often as it does.
  const std::vector<PickledStorage>& storages() const { return storages_; }

 private:
  friend class PickleMachine;

  struct Value {
    PickleKind kind = PickleKind::kNone;
    std::uint32_t index = 0;  // into the vector of its kind; of kGlobal: its row in pickle_globals
    std::int64_t number = 0;
    std::string_view text;
  };

  PickleId root_ = 0;
  std::size_t n_bytes_ = 0;
  std::vector<Value> values_;
  std::vector<std::vector<PickleId>> containers_;
  std::vector<PickledStorage> storages_;
  std::vector<PickledTensor> tensors_;
};

// Reads the pickle that `bytes` begins with. Messages name the offset, not the file.
// Errors: corrupt_file; unsupported for a global or an opcode that is not allowed, by name.
Result<PickleDocument> read_pickle(std::span<const std::byte> bytes);

}  // namespace hearth::formats
