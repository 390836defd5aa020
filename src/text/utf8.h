// UTF-8 in pieces: where a character ends and which bytes can never become one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hearth::text {

inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// The first sequence of `bytes` (not empty), after table 3-7 of the Unicode standard.
struct Utf8Sequence {
  std::size_t length;  // bytes of the character, or of the maximal part that could have begun one (at least 1)
  bool valid;
  bool incomplete;  // everything to the end of `bytes` is the beginning of a character
};
Utf8Sequence first_sequence(std::string_view bytes);

// The text with every maximal invalid part replaced by U+FFFD.
std::string replace_invalid_utf8(std::string_view bytes);

}  // namespace hearth::text
