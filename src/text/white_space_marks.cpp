#include "text/white_space_marks.h"

namespace hearth::text {
namespace {

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t found = text.find(from, at);
    result += text.substr(at, found == std::string_view::npos ? found : found - at);
    if (found == std::string_view::npos) break;
    result += to;
    at = found + from.size();
  }
  return result;
}

}  // namespace

std::string mark_spaces(std::string_view text) {
  return replace_all(text, " ", kSpaceMark);
}
std::string unmark_spaces(std::string_view piece) {
  return replace_all(piece, kSpaceMark, " ");
}

}  // namespace hearth::text
