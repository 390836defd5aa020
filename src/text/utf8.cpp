#include "text/utf8.h"

namespace hearth::text {
namespace {

struct Lead {
  int n_following;             // -1: no character begins with this byte
  unsigned char second_first;  // the range of the second byte, narrower than 80..BF for four lead bytes
  unsigned char second_last;
};

Lead lead_of(unsigned char byte) {
  if (byte < 0x80) return {0, 0, 0};
  if (byte < 0xC2 || byte > 0xF4) return {-1, 0, 0};
  if (byte < 0xE0) return {1, 0x80, 0xBF};
  if (byte == 0xE0) return {2, 0xA0, 0xBF};  // overlong below
  if (byte == 0xED) return {2, 0x80, 0x9F};  // surrogates above
  if (byte < 0xF0) return {2, 0x80, 0xBF};
  if (byte == 0xF0) return {3, 0x90, 0xBF};  // overlong below
  if (byte == 0xF4) return {3, 0x80, 0x8F};  // beyond U+10FFFF above
  return {3, 0x80, 0xBF};
}

}  // namespace

Utf8Sequence first_sequence(std::string_view bytes) {
  const Lead lead = lead_of(static_cast<unsigned char>(bytes[0]));
  if (lead.n_following < 0) return {1, false, false};
  const auto n_following = static_cast<std::size_t>(lead.n_following);
  for (std::size_t i = 1; i <= n_following; ++i) {
    if (i == bytes.size()) return {i, false, true};
    const auto byte = static_cast<unsigned char>(bytes[i]);
    const bool fits = i == 1 ? byte >= lead.second_first && byte <= lead.second_last : (byte & 0xC0) == 0x80;
    if (!fits) return {i, false, false};
  }
  return {n_following + 1, true, false};
}

std::string replace_invalid_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const Utf8Sequence sequence = first_sequence(bytes);
    text += sequence.valid ? bytes.substr(0, sequence.length) : kReplacement;
    bytes.remove_prefix(sequence.length);
  }
  return text;
}

}  // namespace hearth::text
