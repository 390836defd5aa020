// FlatTexts: a list of strings as one buffer and end offsets, the form in which vocabularies cross the Rust bridge.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::text {

struct FlatTexts {
  std::string bytes;
  std::vector<std::uint32_t> ends;

  // The bytes of a vocabulary stay far below 4 GiB: files are read with that limit.
  void add(std::string_view text) {
    bytes += text;
    ends.push_back(static_cast<std::uint32_t>(bytes.size()));
  }
};

}  // namespace hearth::text
