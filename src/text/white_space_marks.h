// "▁" (U+2581), with which sentencepiece and its kin write a space inside a piece.
#pragma once

#include <string>
#include <string_view>

namespace hearth::text {

inline constexpr std::string_view kSpaceMark = "\xE2\x96\x81";

std::string mark_spaces(std::string_view text);     // "a b" -> "a▁b"
std::string unmark_spaces(std::string_view piece);  // "▁a" -> " a"

}  // namespace hearth::text
