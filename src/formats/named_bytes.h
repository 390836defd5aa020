// NamedBytes: the bytes of one file and what messages call it, the input of every reader over memory.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace hearth::formats {

struct NamedBytes {
  std::string name;
  std::span<const std::byte> bytes;
};

}  // namespace hearth::formats
