// The globals that a pickle of PyTorch may name. They are tags: what they mean is decided here and by pickle.cpp, and
// nothing is ever looked up by name.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "quant/block_type.h"

namespace hearth::formats {

enum class GlobalRole : std::uint8_t {
  kOrderedDict,
  kRebuildTensor,
  kRebuildParameter,
  kSize,
  kStorage,  // the type of a storage
  kTag,      // may be mentioned, not called
};

struct PickleGlobal {
  std::string_view module;
  std::string_view name;
  GlobalRole role;
  quant::BlockType type{};  // of kStorage
};

// The row of an allowed global, for pickle_global(); nullopt for any other.
std::optional<std::uint32_t> find_pickle_global(std::string_view module, std::string_view name);
const PickleGlobal& pickle_global(std::uint32_t row);

}  // namespace hearth::formats
