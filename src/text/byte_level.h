// The byte alphabet of GPT-2: every byte is written as one printable character in byte-level vocabularies.
//
// Bytes 33–126, 161–172 and 174–255 stand for themselves, the other 68 are U+0100 upwards in order.
#pragma once

#include <string>
#include <string_view>

namespace hearth::text {

// "Ġthe" -> " the". A character outside the alphabet stands for itself.
std::string byte_level_to_bytes(std::string_view piece);

// " the" -> "Ġthe".
std::string bytes_to_byte_level(std::string_view bytes);

}  // namespace hearth::text
