// Python literals of text and bytes, as RWKV's vocabularies write their tokens.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hearth::text {

// The bytes of 'text' or "text" (in UTF-8) or of b'bytes'. Nothing for any other text.
std::optional<std::string> parse_python_literal(std::string_view literal);

// The bytes of what stands between the quotes: escapes \xHH give one byte each when is_bytes, else a character.
std::optional<std::string> unescape_python(std::string_view text, bool is_bytes);

}  // namespace hearth::text
