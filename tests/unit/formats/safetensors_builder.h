// The bytes of small safetensors files, right or wrong, for the readers' tests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hearth::formats {

// A header of JSON text, then data. `length` replaces the true length of the header.
inline std::string safetensors_bytes(std::string_view header, std::string_view data = "",
                                     std::optional<std::uint64_t> length = std::nullopt) {
  const std::uint64_t n = length.value_or(header.size());
  std::string bytes(reinterpret_cast<const char*>(&n), sizeof(n));
  bytes.append(header);
  bytes.append(data);
  return bytes;
}

}  // namespace hearth::formats
